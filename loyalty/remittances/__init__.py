"""Points that a member sends to another: asked for, approved by a code, looked at once more, and sent; and how it is
told."""
