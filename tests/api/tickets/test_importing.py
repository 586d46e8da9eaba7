"""A CSV file's way in: read leniently, checked strictly, taken in once, undone whole."""

from __future__ import annotations

import csv
import io
import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admin import words as pages
from api.store import moments
from api.store.models import TicketStatus
from api.tickets import codes, events, issue, keys
from api.tickets.events import NotPossibleError
from api.tickets.importing import columns, imports, reading, table, taking
from api.tickets.importing.checking import check
from api.tickets.importing.problems import Problem
from api.tickets.importing.row import Row, from_json, lay, to_json
from api.tickets.importing.table import UnreadableError, open_table


def _read(text, encoding="utf-8"):
    """The rows, and (line, kind, value) of what was told."""
    told = []
    found = list(reading.rows(open_table(text.encode(encoding)), told.append))
    return found, [(problem.line, problem.kind, problem.value) for problem in told]


@pytest.fixture
def event(store):
    return events.find_event(store, UUID(events.add_event(store, "Concert").uuid))


@pytest.fixture
def report(store, event):
    """Checks a file's text against this event."""
    return lambda text: check(store, event, lambda tell: reading.rows(open_table(text.encode()), tell))


def _laid(store, event, text):
    rows = reading.rows(open_table(text.encode()), lambda _: None)
    return UUID(imports.lay_down(store, event, "guests.csv", rows).uuid)


def _tickets(store):
    sql = """SELECT t.uuid, t.first_name, t.last_name, r.email, q.name, p.name, p.amount, t.status, r.language,
        r.tickets_count FROM ticket t JOIN reservation r ON r.id = t.reservation_id
        LEFT JOIN price p ON p.id = t.price_id LEFT JOIN product q ON q.id = p.product_id ORDER BY t.id"""
    return store.db.run(sql).fetchall()


# What Excel and others write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_every_encoding_and_separator_that_excel_makes_is_read(encoding, separator):
    found, told = _read(f"Prénom{separator}Nom\r\nZoé{separator}Müller\r\n", encoding)
    assert [(row.first_name, row.last_name) for row in found] == [("Zoé", "Müller")]
    assert told == []


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n'])
def test_excels_own_first_line_names_the_separator(first):
    found, told = _read(f"{first}name;mail\r\nRoy;j@example.org\r\n")
    assert [(row.line, row.last_name, row.email) for row in found] == [(3, "Roy", "j@example.org")]
    assert told == []


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("PRÉNOM", "first_name"),
        ("prenom", "first_name"),
        ("First_Name", "first_name"),
        (" Nom de famille ", "last_name"),
        ("E-Mail", "email"),
        ("Adresse mail", "email"),
        ("Ticket type", "product"),
        ("Tarif", "price"),
        ("Montant", "amount"),
        ("Statut", "status"),
        ("Quantité", "count"),
        ("Ticket UUID", "uuid"),
        ("Téléphone", None),
    ],
)
def test_headings_are_known_by_near_spellings(heading, field):
    assert columns.field_of(heading) == field


def test_no_heading_means_two_fields():
    plain = [columns.plain(name) for names in columns.NAMES.values() for name in dict.fromkeys(names)]
    apart = {columns.plain(n): f for f, names in columns.NAMES.items() for n in names}
    assert all(columns.field_of(name) == apart[name] for name in plain)
    assert sum(len({columns.plain(n) for n in names}) for names in columns.NAMES.values()) == len(apart)


def test_a_name_over_two_lines_is_one_name_and_lines_are_counted_as_an_editor_does():
    found, told = _read('name;mail\n"Roy\nde Lys";a@example.org\n\nLeroy;nonsense\n')
    assert [row.last_name for row in found] == ["Roy de Lys"]
    assert told == [(5, "email", "nonsense")]


def test_columns_come_in_any_order_and_unknown_ones_are_left_out_with_a_word():
    found, told = _read("mail,shoe size,surname\na@example.org,44,Roy\n")
    assert [(row.email, row.last_name) for row in found] == [("a@example.org", "Roy")]
    assert told == [(1, "column_unknown", "shoe size")]


def test_an_unknown_column_is_told_before_the_first_known_one_too():
    found, told = _read("shoe size,,surname,hat\n44,,Roy,57\n")
    assert [row.last_name for row in found] == ["Roy"]
    assert told == [(1, "column_unknown", "shoe size"), (1, "column_unknown", "hat")]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_states_that_pages_show_are_read_from_a_file(language):
    for status in TicketStatus:
        found, told = _read(f"name;status\nRoy;{pages.say(language, f'status_{status}')}\n")
        assert ([row.status for row in found], told) == ([status], [])


def test_a_problem_calls_its_column_as_the_template_of_that_language_does():
    problem = Problem(2, "too_long", "x" * 201, "last_name")
    assert problem.say("fr").startswith("nom : «")
    assert problem.say("en").startswith("last name: “")


@pytest.mark.parametrize(
    ("amount", "hundredths"),
    [("12", 1200), ("12,5", 1250), ("12.50 €", 1250), ("€ 8", 800), ("1 200,05", 120005), ("1\u202f200", 120000)],
)
def test_amounts_are_read_as_people_write_them(amount, hundredths):
    found, told = _read(f"product;amount\nConcert;{amount}\n")
    assert ([row.amount for row in found], told) == ([hundredths], [])


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Valide et non scanné", TicketStatus.VALID),
        ("Canceled", TicketStatus.CANCELLED),
        ("ANNULÉ", TicketStatus.CANCELLED),
        ("utilisé", TicketStatus.SCANNED),
        ("Créé", TicketStatus.CREATED),
        ("Inactive", TicketStatus.INACTIVE),
        ("", TicketStatus.VALID),
    ],
)
def test_statuses_are_known_in_both_languages(word, status):
    found, told = _read(f"name;status\nRoy;{word}\n")
    assert ([row.status for row in found], told) == ([status], [])


# What is wrong is told, line by line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo;bar\n1;2\n", (1, "no_headings", "foo bar")),
        ("", (1, "no_headings", "")),
        ("name;nom\na;b\n", (1, "column_twice", "nom")),
        ("name;mail\nRoy;x;y\n", (2, "too_many_cells", "y")),
        ('name\n"Roy\n', (2, "quotes", "")),
        ("name\nRoy\n\x07bell\n", (3, "control", "\x07bell")),
        (f"name\n{'x' * 201}\n", (2, "too_long", "x" * 201)),
        ("uuid\nnot-one\n", (2, "uuid", "not-one")),
        ("name;count\nRoy;0\n", (2, "count", "0")),
        ("name;count\nRoy;501\n", (2, "count", "501")),
        (f"uuid;count\n{UUID(int=7)};2\n", (2, "uuid_and_count", "2")),
        ("product;amount\nA;12,345\n", (2, "amount", "12,345")),
        ("product;amount\nA;٣\n", (2, "amount", "٣")),
        ("name;status\nRoy;maybe\n", (2, "status", "maybe")),
        ("name;price\nRoy;Full\n", (2, "price_alone", "Full")),
        ("name;language\nRoy;de\n", (2, "language_unknown", "de")),
    ],
)
def test_each_mistake_is_told_with_its_line_and_value(text, expected):
    _, told = _read(text)
    assert expected in told


def test_a_problem_is_said_in_both_languages_without_steering_a_terminal():
    problem = next(iter(_problems("name;status\nRoy;\x1b[2J\n")))
    assert "\x1b" not in problem.say("en") + problem.say("fr")
    assert problem.say("en") != problem.say("fr")


def _problems(text):
    told = []
    list(reading.rows(open_table(text.encode()), told.append))
    return told


def test_bytes_that_are_no_text_are_refused_with_what_to_do():
    with pytest.raises(UnreadableError, match="CSV UTF-8"):
        open_table(b"name\nR\x81y\n")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(table, "LARGEST", 10)
    with pytest.raises(UnreadableError, match="larger"):
        open_table(b"name\n" + b"Roy\n" * 10)


@pytest.mark.parametrize("more", ["," * 150_000, ',"\n"' * 40_000], ids=["one line", "many lines"])
@pytest.mark.parametrize("before", ["", "name,mail\n", "name,mail\n\n"])
def test_a_record_of_endless_cells_is_not_taken_apart(before, more):
    _, told = _read(f"{before}name{more}\n")
    assert told == [(before.count("\n") + 1, "record_long", "131,072")]


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "idna", "no-such"]))
def test_no_bytes_at_all_break_the_reader(content, encoding):
    told = []
    try:
        opened = open_table(content, encoding)
    except UnreadableError:
        return
    for row in reading.rows(opened, told.append):
        assert from_json(to_json(lay(row))).row.line == row.line
    assert all(problem.say("fr") and problem.say("en") for problem in told)


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40)


@given(st.lists(st.tuples(_TEXT, _TEXT, st.integers(1, 500), st.integers(0, 10**8)), max_size=5))
def test_what_a_spreadsheet_writes_is_what_is_read(guests):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Nom", "Produit", "Nombre", "Montant"])
    for name, product, count, amount in guests:
        writer.writerow([name, product, count, f"{amount / 100:.2f}"])
    found, told = _read(out.getvalue())
    assert told == []
    assert [(row.last_name, row.product, row.count, row.amount) for row in found] == guests


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_template_itself_can_be_imported(report, language):
    told = report(columns.template(language))
    assert (told.rows, told.tickets, told.errors, told.warnings) == (2, 3, 0, 0)


# Against each other and the database


def test_a_uuid_twice_in_the_file_or_taken_already_is_an_error_and_a_person_twice_only_odd(store, event, report):
    there = issue.add_tickets(store, UUID(event.uuid))[0].uuid
    fresh = str(uuid4())
    told = report(f"uuid;nom\n{fresh};Roy\n{fresh.upper()};Lys\n{there};Sand\n;Roy\n")
    assert [(each.line, each.kind) for each in told.problems] == [
        (3, "uuid_twice"),
        (4, "uuid_taken"),
        (5, "same_person"),
    ]
    assert (told.errors, told.warnings) == (2, 1)


def test_an_imported_event_wants_every_tickets_uuid(store, tibillet):
    known = tibillet["events"][0]
    added = events.add_event(store, "Imported", public_key_pem=known["public_key_pem"])
    event = events.find_event(store, UUID(added.uuid))
    told = check(store, event, lambda tell: reading.rows(open_table(b"name\nRoy\n"), tell))
    assert [(each.line, each.kind) for each in told.problems] == [(2, "uuid_wanted")]


def test_of_a_thousand_mistakes_the_first_are_told_and_all_are_counted(report):
    told = report("name;mail\n" + "Roy;nonsense\n" * 1000)
    assert (told.errors, len(told.problems)) == (1000, 300)


def test_a_check_writes_nothing(store, report):
    report("name;product\nRoy;Concert\n")
    assert store.db.run("SELECT COUNT(*) FROM ticket_import").fetchone() == (0,)
    assert store.db.run("SELECT COUNT(*) FROM product").fetchone() == (0,)


# Taken in


def test_rows_become_tickets_with_all_they_say(store, event):
    uuid = str(uuid4())
    headings = "uuid;prénom;nom;mail;produit;tarif;montant;état;langue;nombre\n"
    text = f"{headings}{uuid};Zoé;Roy;z@example.org;Concert;Plein;12,50;;en;\n;;;;;;;annulé;;3\n"
    it = _laid(store, event, text)
    assert _tickets(store) == []
    imports.begin(store, it)
    done = imports.take_in(store, it)
    first, *others = _tickets(store)
    assert first == (uuid, "Zoé", "Roy", "z@example.org", "Concert", "Plein", 1250, "valid", "en", 1)
    assert [other[7:] for other in others] == [("cancelled", None, 3)] * 3
    assert (done.state, done.rows_total, done.rows_done) == ("done", 2, 2)
    assert store.db.run("SELECT COUNT(*) FROM import_row").fetchone() == (0,)
    acts = store.db.run("SELECT act, subject FROM admin_line").fetchall()
    assert acts == [("ticket.import", str(it))]


def test_an_imported_ticket_is_admitted_once_and_an_imported_scanned_one_never(house, gate):
    event = events.find_event(house.store, UUID(house.event.uuid))
    good, used = str(uuid4()), str(uuid4())
    it = _laid(house.store, event, f"uuid;status\n{good};\n{used};scanned\n")
    imports.begin(house.store, it)
    imports.take_in(house.store, it)
    codes = [issue.code_of(event.private_key_pem, uuid) for uuid in (good, good, used)]
    assert [gate.scan(code).json()["code"] for code in codes] == ["ok", "already_scanned", "already_scanned"]


def test_a_preview_that_nobody_confirmed_is_not_taken_in_and_goes_after_a_day(store, event):
    it = _laid(store, event, "name\nRoy\n")
    with pytest.raises(NotPossibleError):
        imports.take_in(store, it)
    imports.sweep(store, moments.now() + 1)
    assert store.db.run("SELECT COUNT(*) FROM import_row").fetchone() == (0,)
    with pytest.raises(NotPossibleError):
        imports.begin(store, it)


def test_an_import_broken_off_at_any_step_goes_on_and_makes_no_ticket_twice(store, event):
    it = _laid(store, event, "name;count\n" + "Roy;400\n" * 4)
    imports.begin(store, it)
    with pytest.raises(KeyboardInterrupt), store.writing():
        taking.take_part(store, imports.find(store, it).id, 500)
        raise KeyboardInterrupt
    assert _tickets(store) == []
    with store.writing():
        assert taking.take_part(store, imports.find(store, it).id, 500) == 1
    assert [each.uuid for each in imports.unfinished(store)] == [str(it)]
    imports.take_in(store, it)
    imports.take_in(store, it)
    assert len({row[0] for row in _tickets(store)}) == 1600
    assert imports.unfinished(store) == []


def test_a_ticket_added_between_preview_and_confirmation_stays_as_it_is(store, event):
    uuid = uuid4()
    it = _laid(store, event, f"uuid;nom\n{uuid};Roy\n;Lys\n")
    issue.add_tickets(store, UUID(event.uuid), issue.Order(last_name="Sand"), uuid=uuid)
    imports.begin(store, it)
    imports.take_in(store, it)
    assert [(row[2], row[9]) for row in _tickets(store)] == [("Sand", 1), ("Lys", 1)]


def test_prices_that_are_there_keep_their_amount_and_one_without_gets_it(store, event):
    issue.add_tickets(store, UUID(event.uuid), issue.Order(product="Concert", price="Plein"))
    for amount in ("12", "15"):
        it = _laid(store, event, f"product;price;amount\nConcert;Plein;{amount}\n")
        imports.begin(store, it)
        imports.take_in(store, it)
    assert store.db.run("SELECT name, amount FROM price").fetchall() == [("Plein", 1200)]
    assert len({row[0] for row in _tickets(store)}) == 3


# Undone


def test_undoing_takes_all_back_but_who_is_inside(house, gate):
    store, event = house.store, events.find_event(house.store, UUID(house.event.uuid))
    other = house.ticket()
    inside = str(uuid4())
    text = f"{inside};Roy;r@example.org;\n{uuid4()};Lys;l@example.org;\n{uuid4()};Sand;s@example.org;scanned\n"
    it = _laid(store, event, f"uuid;nom;mail;status\n{text}")
    imports.begin(store, it)
    imports.take_in(store, it)
    assert gate.scan(issue.code_of(event.private_key_pem, inside)).json()["code"] == "ok"
    assert imports.undo(store, it) == taking.Undone(removed=2, kept=1)
    assert [row[0] for row in _tickets(store)] == [other.uuid, inside]
    mails = store.db.run("SELECT email FROM reservation WHERE email IS NOT NULL").fetchall()
    assert mails == [("r@example.org",)]
    assert imports.find(store, it).state == "undone"
    with pytest.raises(NotPossibleError):
        imports.undo(store, it)
    with pytest.raises(NotPossibleError):
        imports.take_in(store, it)


def test_an_import_undone_and_done_again_lets_nobody_in_twice(house, gate, report):
    store, event = house.store, events.find_event(house.store, UUID(house.event.uuid))
    text = f"uuid;nom\n{uuid4()};Roy\n"
    it = _laid(store, event, text)
    imports.begin(store, it)
    imports.take_in(store, it)
    code = issue.code_of(event.private_key_pem, _tickets(store)[0][0])
    assert gate.scan(code).json()["code"] == "ok"
    imports.undo(store, it)
    assert [each.kind for each in report(text).problems] == ["uuid_taken"]
    again = _laid(store, event, text)  # without a look at the report
    imports.begin(store, again)
    imports.take_in(store, again)
    assert gate.scan(code).json()["code"] == "already_scanned"


def test_an_import_half_taken_is_undone_whole_and_its_file_can_come_again(store, event):
    text = "uuid;nom\n" + "".join(f"{UUID(int=number)};Roy\n" for number in range(1, 1201))
    it = _laid(store, event, text)
    imports.begin(store, it)
    with store.writing():
        taking.take_part(store, imports.find(store, it).id, 500)
    assert imports.undo(store, it).removed == 500
    assert store.db.run("SELECT COUNT(*) FROM import_row").fetchone() == (0,)
    again = _laid(store, event, text)
    imports.begin(store, again)
    imports.take_in(store, again)
    assert len(_tickets(store)) == 1200


def test_an_import_undone_while_it_is_laid_down_is_laid_no_further_and_keeps_no_name(store, event):
    def undo(_rows):
        (it,) = imports.newest(store, 1)
        if it.state == "laying":
            imports.undo(store, UUID(it.uuid))

    rows = reading.rows(open_table(b"name\n" + b"Roy\n" * 1200), lambda _: None)
    it = imports.lay_down(store, event, "guests.csv", rows, step=undo)
    assert it.state == "undone"
    assert store.db.run("SELECT COUNT(*) FROM import_row").fetchone() == (0,)
    with pytest.raises(NotPossibleError):
        imports.begin(store, UUID(it.uuid))


def test_names_that_an_undone_import_has_left_go_with_the_next_one_and_others_stay(store, event):
    waiting, undone = (_laid(store, event, "name\nRoy\n") for _ in range(2))
    with store.writing():
        store.db.run("UPDATE ticket_import SET state = 'undone' WHERE uuid = ?", (str(undone),))
    _laid(store, event, "name\nLys\n")
    assert imports.first_rows(store, imports.find(store, undone), 10) == []
    assert len(imports.first_rows(store, imports.find(store, waiting), 10)) == 1


def test_an_undoing_that_was_broken_off_goes_on(store, event):
    it = _laid(store, event, "name;count\n" + "Roy;400\n" * 4)
    imports.begin(store, it)
    imports.take_in(store, it)
    imports.begin_undoing(store, it)
    with store.writing():
        taking.undo_part(store, imports.find(store, it).id, 0, 500)
    assert [each.state for each in imports.unfinished(store)] == ["undoing"]
    assert imports.go_on_undoing(store, it) == taking.Undone(removed=1100, kept=0)
    assert imports.find(store, it).state == "undone"


def test_a_preview_is_thrown_away_with_its_names(store, event):
    it = _laid(store, event, "name\nRoy\n")
    assert [row.last_name for row in imports.first_rows(store, imports.find(store, it), 10)] == ["Roy"]
    assert imports.undo(store, it) == taking.Undone(0, 0)
    assert imports.first_rows(store, imports.find(store, it), 10) == []


def test_an_import_nobody_knows_is_not_undone(store):
    with pytest.raises(NotPossibleError):
        imports.undo(store, uuid4())


def test_a_row_is_kept_whole_between_preview_and_confirmation():
    row = Row(7, None, "Zoé", "Roy", "z@example.org", "Concert", "Plein", 1250, TicketStatus.SCANNED, "fr", 3)
    private, _ = keys.new_pair()
    laid = lay(row, private)
    assert from_json(to_json(laid)) == laid
    assert len(set(laid.uuids)) == 3
    assert laid.tickets == tuple((uuid, codes.digest(codes.parse(codes.sign(private, uuid)))) for uuid in laid.uuids)


def test_rows_that_the_version_before_laid_down_are_taken_in_and_open(store, house, gate):
    event = events.find_event(store, UUID(house.event.uuid))
    it = _laid(store, event, "name,quantity\nRoy,2\n")
    ((fields,),) = store.db.run("SELECT fields FROM import_row").fetchall()
    told = json.loads(fields)
    uuids = [uuid for uuid, _ in told.pop("tickets")]
    store.db.run("UPDATE import_row SET fields = ?", (json.dumps({**told, "uuids": uuids}),))
    imports.begin(store, it)
    assert imports.take_in(store, it).state == "done"
    assert [gate.scan(codes.sign(event.private_key_pem, uuid)).json()["code"] for uuid in uuids] == ["ok", "ok"]
