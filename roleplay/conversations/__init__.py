"""What was said: conversations, messages, generations, and the chat pages."""
