"""Checks that the links of our Markdown files lead somewhere: `python -m tests.links`."""

import re
import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def anchor(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return words.replace(" ", "-")


def dead(path: Path) -> list[str]:
    """The links of a file that lead nowhere, as `file: link`; links to other sites are not followed."""
    found = []
    for target in LINK.findall(CODE.sub("", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        headings = []
        if page.is_file() and page.suffix == ".md":
            headings = [anchor(h) for h in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)]
        if not page.exists() or (fragment and fragment not in headings):
            found.append(f"{path.relative_to(ROOT)}: {target}")
    return found


def pages() -> list[Path]:
    """Our Markdown files."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).is_file()]


def main() -> None:
    broken = [link for path in pages() for link in dead(path)]
    for link in broken:
        print(f"dead link: {link}", file=sys.stderr)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
