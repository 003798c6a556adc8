"""The play: a role-play chat application. docs/architecture.md draws the house."""
