"""What is measured: each peer is a process of its own, asked over HTTP."""
