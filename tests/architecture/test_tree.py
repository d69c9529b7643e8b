"""What the docs claim about the tree is so."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")])


@pytest.mark.parametrize("file", DOCS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", file.read_text())

    missing = [
        target
        for target in targets
        if not target.startswith("http") and not (file.parent / target).exists()
    ]
    assert missing == []


def test_the_readme_is_short_and_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()

    assert len(text.splitlines()) <= 150
    assert text.index("make run") < text.index("make test") < 700


def test_decisions_that_the_code_names_exist() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / line for line in tracked.stdout.splitlines() if not line.startswith("tests/")]
    named = {n for f in files for n in re.findall(r"docs/decisions/(\d{4})", f.read_text())}

    numbers = {file.name[:4] for file in (ROOT / "docs" / "decisions").glob("*.md")}
    assert named <= numbers


@pytest.mark.parametrize(
    "service", ["leads", "pricing", "orders", "loyalty", "campaigns", "partners"]
)
def test_a_services_readme_names_its_slices(service: str) -> None:
    source = ROOT / "services" / service / "src" / service
    slices = {f.parent.name for f in source.glob("*/__init__.py")} - {"migrations"}
    text = (ROOT / "services" / service / "README.md").read_text()

    assert {name for name in slices if f"`{name}`" not in text} == set()
