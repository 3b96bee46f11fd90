"""While the book is built, charts are given as specifications; the site draws them."""

import altair

# "+json" and not altair's own ".json", because the notebook format checks the ending
altair.renderers.register("book", lambda spec, **_: {"application/vnd.vegalite.v6+json": spec})
altair.renderers.enable("book")
