"""What keeps the ground from standing, as one sentence with its remedy."""


class GroundError(Exception):
    """The machine does not offer what is needed. `str()` is a sentence for people, with remedy."""
