"""Make a notebook ready that runs in the reader's browser.

The compiled packages come from Pyodide's own distribution network.  Where it cannot be
reached, the reader is told so in one sentence and not by the traceback of an import.
"""

from __future__ import annotations

import importlib.util
import json

HOST = "cdn.jsdelivr.net"
COMPILED = {"numpy": "numpy", "pandas": "pandas", "scipy": "scipy", "rpds-py": "rpds"}
"""What is fetched from there -> the module that it brings."""

_CHART = """<div id="{name}" role="img" aria-label="{label}"></div><script>
(async () => {{
  globalThis.sbVega ??= new Promise((loaded, failed) => {{
    const script = document.createElement("script");
    script.src = new URL("../../_static/vendor/vega/vega-bundle.js", document.baseURI).href;
    script.onload = loaded;
    script.onerror = () => failed(new Error("The chart's script could not be loaded."));
    document.head.append(script);
  }});
  await globalThis.sbVega;
  await vegaEmbed(document.getElementById("{name}"), {spec}, {{actions: false}});
}})();
</script>"""


class PackagesOutOfReach(RuntimeError):
    """The compiled packages could not be fetched."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def missing() -> list[str]:
    """Compiled packages that did not arrive."""
    return [name for name, module in COMPILED.items() if importlib.util.find_spec(module) is None]


def ready() -> None:
    """Check that everything arrived, and let charts be drawn by this site's own script.

    Raises
    ------
    PackagesOutOfReach
        If a compiled package could not be fetched; the message says what to do.
    """
    if lost := missing():
        raise PackagesOutOfReach(
            f"{', '.join(lost)} could not be fetched from {HOST}. Is this device online, and does "
            "its network allow that host? Then restart the kernel and run this cell again. "
            "Without it: read the chapter, which holds every result; open it on Binder; or "
            "download it and run it in your own Jupyter."
        )
    import altair

    altair.renderers.register("site", draw)
    altair.renderers.enable("site")


_drawn = 0


def draw(spec: dict, **_: object) -> dict[str, str]:
    """HTML of one chart, drawn by the Vega that this site serves."""
    global _drawn
    _drawn += 1
    label = spec.get("description", "Chart").replace("&", "&amp;").replace('"', "&quot;")
    data = json.dumps(spec).replace("<", "\\u003c")
    return {"text/html": _CHART.format(name=f"sb-chart-{_drawn}", label=label, spec=data)}
