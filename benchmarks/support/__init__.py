"""What several benchmarks share: servers, clients of the chat, recorded loads."""
