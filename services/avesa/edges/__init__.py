"""All I/O. Ports come in pairs: `embedded` on one machine, `aws` in an account."""
