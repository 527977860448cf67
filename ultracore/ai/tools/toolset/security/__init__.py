"""Cards, fraud, access, incidents, suspicious messages."""
