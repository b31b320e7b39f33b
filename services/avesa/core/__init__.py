"""Rules without I/O, clock or asyncio; a test proves it."""
