"""What claims and figures share: where their pieces are done, and the networks that they train."""
