"""Contact forms as they arrive: decoded, told apart by fingerprint, read into an inquiry."""
