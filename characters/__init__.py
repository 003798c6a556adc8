"""Who is played: characters and what they carry."""
