"""What landed: how events name it, and what is refused by place and content."""
