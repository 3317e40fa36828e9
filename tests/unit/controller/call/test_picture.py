from pathlib import Path

from controller.call.picture import page


def test_the_picture_in_the_docs_is_the_machines() -> None:
    drawn = (Path(__file__).parents[4] / "docs" / "call-machine.md").read_text(encoding="utf-8")
    assert drawn == page(), "draw it again: python -m controller.call.picture > docs/call-machine.md"
