"""The model stand-in: OpenAI's side, and the mind that answers. Begin with `standin.py`."""
