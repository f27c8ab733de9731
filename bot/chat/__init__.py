"""What chat platforms have in common: what a card says, and what somebody who is typing may mean."""
