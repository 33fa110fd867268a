"""Data sets: the 8x8 digits, IDX and npz files, and how they are named."""
