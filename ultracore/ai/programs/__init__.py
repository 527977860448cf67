"""What programs ask for in a customer's name, which that customer opens and decides in the chat."""

from ultracore.ai.programs.requests import ProgramsRequests, offered

__all__ = ["ProgramsRequests", "offered"]
