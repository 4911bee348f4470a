"""The course of one leg: its documents, one after another, unless it is sent elsewhere or ended.

What Twilio's REST interface does to a live call: whatever the leg was at is broken off, and the new
document replaces all that was to come. Source: Twilio, Call resource: update a call in progress.
Read first: twiml_runner.py, which follows the documents.
"""

import asyncio

from bridge.harness.telephone.twiml_runner import TwimlRunner

ENDED = "rest"  # by whom a leg was hung up that was ended by request


class Course:
    """Follows one leg's documents."""

    def __init__(self, runner: TwimlRunner) -> None:
        self._runner = runner
        self._orders: asyncio.Queue[str | None] = asyncio.Queue()

    def redirect(self, url: str) -> None:
        """Go on with this document."""
        self._orders.put_nowait(url)

    def end(self) -> None:
        """Hang up."""
        self._orders.put_nowait(None)

    async def follow(self, url: str) -> str:
        """Run to the end. Returns who hung up, as TwimlRunner.run does, or ENDED. Leaves no task behind."""
        goes_to: str | None = url
        while goes_to is not None:
            running = asyncio.create_task(self._runner.run(goes_to), name="telephone: documents")
            ordered = asyncio.create_task(self._orders.get(), name="telephone: orders")
            try:
                await asyncio.wait({running, ordered}, return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    return running.result()
                goes_to = ordered.result()
            finally:
                for task in (running, ordered):
                    task.cancel()
                await asyncio.gather(running, ordered, return_exceptions=True)
        return ENDED
