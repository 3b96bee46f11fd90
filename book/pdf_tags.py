"""Carry the tags of printed pages into the document that they are joined to.

pypdf joins pages and leaves their tag trees behind; a screen reader then has neither headings
nor tables nor the words for a picture.  It gives all that is needed to copy a tree, though.
Boxes without a meaning, three tags of five, are left out, and so are the names by which the
cells of a table call their heads: Chromium begins to count them anew in each page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject


def renumber(reader: PdfReader, shift: int) -> int:
    """Give what the tags point to numbers that no other chapter has; return the next one.

    Before the pages are joined: pypdf takes two drawings that differ in nothing for one.
    """
    from pypdf.generic import NameObject, NumberObject

    def forms(resources: Any) -> Iterator[Any]:
        for form in resources.get("/XObject", {}).values():
            yield form.get_object()
            yield from forms(form.get_object().get("/Resources", {}))

    done: set[int] = set()
    for page in reader.pages:
        links = [reference.get_object() for reference in page.get("/Annots") or []]
        for thing in (page, *links, *forms(page["/Resources"])):
            for key in {"/StructParent", "/StructParents"} & set(thing):
                if id(thing) not in done:
                    done.add(id(thing))
                    thing[NameObject(key)] = NumberObject(shift + thing[key])
    tree = reader.root_object["/StructTreeRoot"]
    for node in _nodes(tree["/ParentTree"]):
        numbers = node.get("/Nums", [])
        numbers[::2] = [NumberObject(shift + number) for number in numbers[::2]]
    return shift + int(tree["/ParentTreeNextKey"])


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for kid in node.get("/Kids", []):
        yield from _nodes(kid.get_object())


def _attributes(given: Any) -> ArrayObject:
    """Attributes worth keeping: not the spans of one, nor names that the whole book repeats."""
    from pypdf.generic import ArrayObject

    kept = ArrayObject()
    for one in given if isinstance(given, list) else [given]:
        entry = one.get_object()
        if not ("/Headers" in entry or 1 in (entry.get("/RowSpan"), entry.get("/ColSpan"))):
            kept.append(entry)
    return kept


def _copy(
    writer: PdfWriter,
    reader: PdfReader,
    title: str,
    whole: IndirectObject,
    links: set[IndirectObject],
) -> tuple[IndirectObject, dict[int, Any]]:
    """Hang the tags of a printed page below `whole`.

    Returns the new branch and the entries of the parent tree.
    """
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject, NumberObject
    from pypdf.generic import TextStringObject as Text

    moved: dict[int, IndirectObject] = {}
    page_key, tag_key = NameObject("/Pg"), NameObject("/S")

    def new(source: DictionaryObject, parent: IndirectObject) -> IndirectObject:
        tag = DictionaryObject({tag_key: source["/S"], NameObject("/P"): parent})
        for key in ("/Alt", "/ActualText", "/Lang"):
            if key in source:
                tag[NameObject(key)] = Text(source[key])
        if attributes := _attributes(source.get("/A", [])):
            tag[NameObject("/A")] = attributes.clone(writer)
        reference = writer._add_object(tag)
        if source.indirect_reference:
            moved[source.indirect_reference.idnum] = reference
        content = ArrayObject()
        fill(source, tag, reference, content)
        if content:
            tag[NameObject("/K")] = content
        else:  # or two empty cells would be taken for one
            tag[NameObject("/ID")] = Text(f"empty{reference.idnum}")
        return reference

    def fill(
        source: DictionaryObject, tag: DictionaryObject, mine: IndirectObject, content: ArrayObject
    ) -> None:
        kids = source.get("/K", [])
        for kid in kids if isinstance(kids, list) else [source.raw_get("/K")]:
            item = kid.get_object()
            if isinstance(item, DictionaryObject) and item.get("/S") == "/NonStruct":
                moved[item.indirect_reference.idnum] = mine
                fill(item, tag, mine, content)
            elif isinstance(item, DictionaryObject) and "/S" in item:
                content.append(new(item, mine))
            elif isinstance(item, DictionaryObject):  # a link, or a drawing of its own
                if "/Obj" in item and item.raw_get("/Obj").clone(writer) not in links:
                    continue
                content.append(
                    DictionaryObject(
                        {
                            NameObject(key): value.clone(writer)
                            for key in item
                            for value in [item.raw_get(key)]
                        }
                    )
                )
            else:
                page = source.raw_get("/Pg").clone(writer)
                if tag.setdefault(page_key, page) == page:
                    content.append(NumberObject(item))
                else:
                    words = {NameObject("/Type"): NameObject("/MCR"), page_key: page}
                    content.append(
                        DictionaryObject({**words, NameObject("/MCID"): NumberObject(item)})
                    )

    tree = reader.root_object["/StructTreeRoot"]
    top = new(tree["/K"], whole)
    branch = top.get_object()
    branch[tag_key] = NameObject("/Part")
    branch[NameObject("/T")] = Text(title)

    parents: dict[int, Any] = {}
    for number, entry in (
        pair
        for node in _nodes(tree["/ParentTree"])
        for numbers in [node.get("/Nums", [])]
        for pair in zip(numbers[::2], numbers[1::2], strict=True)
    ):
        owner = entry.get_object()
        if isinstance(owner, list):
            parents[number] = ArrayObject(
                moved.get(getattr(one, "idnum", 0), NullObject()) for one in owner
            )
        else:
            parents[number] = moved.get(entry.idnum, NullObject())
    return top, parents


def hang(
    writer: PdfWriter, chapters: list[tuple[str, PdfReader]], links: set[IndirectObject]
) -> None:
    """Give `writer`, which holds the pages of `chapters` (title, PDF), one tree of their tags.

    `links` are the annotations that were kept; a tag of any other is left out.
    """
    from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject

    document = DictionaryObject({NameObject("/S"): NameObject("/Document")})
    whole = writer._add_object(document)
    branches, parents = ArrayObject(), ArrayObject()
    pages = iter(writer.pages)
    for title, reader in chapters:
        branch, entries = _copy(writer, reader, title, whole, links)
        branches.append(branch)
        for number in sorted(entries):
            parents += [NumberObject(number), writer._add_object(entries[number])]
        for printed, page in zip(reader.pages, pages, strict=False):
            if "/StructParents" in printed:  # an empty page has none
                page[NameObject("/StructParents")] = printed["/StructParents"]
    document[NameObject("/K")] = branches
    numbers = writer._add_object(DictionaryObject({NameObject("/Nums"): parents}))
    tree = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/StructTreeRoot"),
                NameObject("/K"): whole,
                NameObject("/ParentTree"): numbers,
                NameObject("/ParentTreeNextKey"): NumberObject(int(parents[-2]) + 1),
            }
        )
    )
    document[NameObject("/P")] = tree
    root = writer.root_object
    root[NameObject("/StructTreeRoot")] = tree
    root[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
