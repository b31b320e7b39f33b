"""One vendor's dialect per file: sign-in, query, paging, errors, over plain values. No I/O; a test proves it."""
