"""Mail as it arrives: told apart by fingerprint, read into an inquiry; linear in its size, whatever is in it."""
