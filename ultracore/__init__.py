"""UltraCore Anya: a chat-first banking assistant."""
