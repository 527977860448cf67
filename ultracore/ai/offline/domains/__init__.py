"""One module a domain: what its customers ask for, what has to be known, and how the answer is worded."""
