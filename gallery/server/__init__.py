"""The live gallery: a page on a library, served on this machine.

    serve.py        the server as a thread: where it listens, and how it ends
    app.py          which address is answered by what
    guard.py        who is let in: Host, cookie, Origin, read-only; what every answer forbids the browser
    access.py       the token of the first address and the cookie after it
    site.py         what all answers share
    model.py        the library as last seen, in memory
    news.py         the one who watches the library; bulletin.py: what has happened, for all pages
    hanging.py      which results hang where on the wall
    picking.py      which images the grid shows; alike.py: which of them are alike
    make_wish.py    how pictures are to be made
    collecting.py   profiles, visits and the patience of the site, in words; export_wish.py: what is to be exported
    pages.py        templates with what every page has
    files.py        pictures by id
    thumbnails.py   small pictures, kept in the library's cache
    query.py        what stands behind the ? of an address
    views/          a page each
    actions/        what a page can do, by noun
    assets/         styles and scripts

Nothing here imports torch: pictures are made by the command line, in a process of its own.
"""
