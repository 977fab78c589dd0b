"""Makes the README the first page of the site, makes links that leave docs/ lead to the repository, and serves the scripts."""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

REPOSITORY = "https://github.com/metricsserver/metrics-server-operator/blob/main/"
STYLE = """\
/* A contrast of 4.5 to 1, and links that differ from the text by more than their colour. */
[data-md-color-scheme="default"] { --md-code-hl-comment-color: #5f5f5f; --md-code-hl-variable-color: #5f5f5f; }
body[data-md-color-scheme="slate"][data-md-color-primary] { --md-typeset-a-color: #7ba5f0; }
[data-md-color-scheme="slate"] .md-typeset .highlight .nb { color: #a99cea; }
.md-typeset :is(p, li, td) a { text-decoration: underline; }
/* Code needs no scrolling. */
.md-typeset pre > code { white-space: pre-wrap; overflow-wrap: anywhere; overflow: hidden; }
"""
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)]*)?\))")


def scripts():
    """Package with version, file, and the address by which the theme loads it, of each script."""
    for line in Path(".ci/site-scripts.txt").read_text().splitlines():
        package, file, *address = line.split()
        yield package, file, *address


def served(package):
    return f"javascripts/{package.split('@')[0]}.js"


def on_files(files, config):
    readme = LINK.sub(lambda m: m[1] + from_readme(m[2]) + m[3], Path("README.md").read_text())
    files.append(File.generated(config, "index.md", content=readme))
    files.append(File.generated(config, "stylesheets/site.css", content=STYLE))
    for package, file, *_ in scripts():
        content = Path("target/site-tools", package, "package", file).read_text()
        files.append(File.generated(config, served(package), content=content))
    return files


def from_readme(target):
    return target[len("docs/"):] if target.startswith("docs/") else REPOSITORY + target


def on_page_markdown(markdown, page, **_):
    if page.file.src_uri == "index.md":
        return markdown
    return LINK.sub(lambda m: m[1] + from_page(m[2]) + m[3], markdown)


def from_page(target):
    if not target.startswith("../"):
        return target
    path = posixpath.normpath(posixpath.join("docs", target))
    return "index.md" if path == "README.md" else REPOSITORY + path


def on_post_page(output, **_):
    return with_own_scripts(output)


def on_post_template(output_content, **_):
    return with_own_scripts(output_content)


def with_own_scripts(output):
    for package, _file, *address in scripts():
        for url in address:
            output = output.replace(f'"{url}"', f'"{served(package)}"')
    return output
