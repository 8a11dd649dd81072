"""Twenty names that would do something if a place took them for more than text."""

from aecore.intake.safe_text import safe_text

GIVEN = (
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(2)>",
    "<script>alert(3)</script>",
    "[press](javascript:alert(4))",
    "javascript:alert(5)",
    "![seen](https://evil.example/p.png)",
    "https://evil.example/x",
    "www.evil.example",
    "me@evil.example",
    "$\\href{https://evil.example}{here}$",
    "$$x^2$$ \\(y\\)",
    '"><iframe src=//evil.example>',
    "' onmouseover='alert(6)",
    "</style><style>@import url(//evil.example)",
    "{{constructor.constructor('alert(7)')()}}",
    "${alert(8)} %{x} %{customdata[0]}",
    "<a href='https://evil.example'>go</a><br><b>bold</b>",
    ":red[red] :material/home: :smile: &lt;b&gt;",
    "`code` **bold** ~~gone~~ | cell | # head",
    "=1+1 \u202eltr\u2066 zero\u200bwidth\ufeff \x1b[31m",
)
NAMES = tuple(safe_text(name) for name in GIVEN)
"""As the intake keeps them: what cannot be seen is gone, and nothing is escaped."""
