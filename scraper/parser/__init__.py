"""Instagram's documents -> records. The only place that knows Instagram's shapes; pure, without network or clock.

Whatever a document holds, reading it ends in bounded time and raises nothing: what is not understood is
absent from the records, and the caller can ask whether media-like data was there (`documents.media_addresses`).

    documents.py    a page's HTML or a response's body -> plain JSON values; bounded walks over them
    values.py       one value out of an untrusted document
    addresses.py    what an image's address tells of itself
    full_size.py    which of the offered addresses is the picture as it was uploaded
    media.py        a media node of any generation -> Post
    connections.py  where a profile's timeline stands -> its entries, and how many are not understood
    timelines.py    a profile's page and the responses to its scrolling -> Profile, Timeline
    post_page.py    a post's page -> Post or Gated
    results.py      whether there is data of which nothing is known
    signs.py        by what a request is known to be for a profile's timeline
    scrubbing.py    documents that are to be kept -> without what is nobody's business
    page_kind.py    which kind of page it is: the one asked for, a wall, a shell
"""
