"""The register is read whole or not at all, and every wrong line is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store import register
from mailflow.store.csv_register import Problem, WrongRegister, import_register, read_register
from mailflow.store.transaction import Database

CONTRACTS = "number,company,domains,service_level,programme,start,end,language,country,timezone,site_address"
DEVICES = "serial,part_number,model,contract,ship_date,installation_service,installation_report_date,pac_date"
PARTS = "part_number,description,list_price,currency,valid_from"
CONTACTS = "email,name,company,contract,role,language"
PARTNERS = "name,domain,service_manager,spare_parts_contact,stars,certified_from"

GOOD = {
    "contracts.csv": f"{CONTRACTS}\n"
    "HC-1,Example S.A.,Customer.Example; sub.customer.example,9x5xNBD-onsite,hicare,2026-01-01,2026-12-31,pl,PL,"
    'Europe/Warsaw,"Main St 1,\nWarsaw"\nhc-2,Other,,24x7x4,cocare,2025-06-01,2027-05-31,,,,\n',
    "devices.csv": f"{DEVICES}\n2102352klm10l5000456,02352KLM,S5735,HC-1,2026-02-01,yes,2026-02-20,\nABC123,,,hc-2,,,,\n",
    "parts.csv": f"{PARTS}\n02352KLM,Board,1000.10,EUR,2026-01-01\n02352klm,New board,1200,USD,2026-07-01\n02359,Fan,,,2026-01-01\n",
    "contacts.csv": f"{CONTACTS}\n"
    "Anna@Customer.example,Anna,Example S.A.,HC-1,customer,pl\nanna@customer.example,Anna,Other,hc-2,reseller,\n",
    "partners.csv": f"{PARTNERS}\nPartner Ltd,partner.example,Li,Wang,4,2026-03-01\n",
}


def folder(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def problems(tmp_path: Path, files: dict[str, str | bytes]) -> list[str]:
    with pytest.raises(WrongRegister) as caught:
        read_register(folder(tmp_path, files))
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_good_files_become_values(tmp_path: Path) -> None:
    read = read_register(folder(tmp_path, dict(GOOD)))
    assert read.contracts[0] == Contract(
        number="HC-1",
        company="Example S.A.",
        domains=("customer.example", "sub.customer.example"),
        service_level="9x5xNBD-onsite",
        programme="hicare",
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        language="pl",
        country="PL",
        timezone="Europe/Warsaw",
        site_address="Main St 1,\nWarsaw",
    )
    assert read.devices == (
        Device(
            serial="2102352KLM10L5000456",
            part_number="02352KLM",
            model="S5735",
            contract="HC-1",
            ship_date=date(2026, 2, 1),
            installation_service=True,
            installation_report_date=date(2026, 2, 20),
        ),
        Device(serial="ABC123", part_number="", model="", contract="hc-2"),
    )
    assert read.parts[2] == PartPrice(part_number="02359", description="Fan", list_price=None, currency="", valid_from=date(2026, 1, 1))
    assert [contact.email for contact in read.contacts] == ["anna@customer.example"] * 2
    assert read.partners == (
        Partner(
            name="Partner Ltd",
            domain="partner.example",
            service_manager="Li",
            spare_parts_contact="Wang",
            stars=4,
            certified_from=date(2026, 3, 1),
        ),
    )


def test_an_empty_folder_and_header_lines_alone_are_an_empty_register(tmp_path: Path) -> None:
    assert read_register(tmp_path) == register.Register()
    headers = {"contracts.csv": CONTRACTS, "devices.csv": f"\ufeff{DEVICES}\r\n", "parts.csv": f"{PARTS}\n\n"}
    assert read_register(folder(tmp_path, dict(headers))) == register.Register()


def test_columns_may_stand_in_another_order_and_optional_ones_be_absent(tmp_path: Path) -> None:
    files = {"parts.csv": "valid_from,part_number,currency,list_price,description\n2026-01-01,P1,EUR,1,x\n"}
    (part,) = read_register(folder(tmp_path, dict(files))).parts
    assert part == PartPrice(part_number="P1", description="x", list_price=Decimal(1), currency="EUR", valid_from=date(2026, 1, 1))
    files = {"contracts.csv": "number,company,domains,service_level,programme,start,end\nC,X,,8x5x8,software,2026-01-01,2026-01-01\n"}
    assert [found.number for found in read_register(folder(tmp_path, dict(files))).contracts] == ["C"]


def test_every_wrong_line_of_every_file_is_named(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "contracts.csv": f"{CONTRACTS}\n"
            'HC-1,"A\nB",,9x5xNBD,hicare,2026-01-01,2026-12-31,,,,\n'
            ",X,,9x5,gold,2026-02-30,1.1.2026,english,Poland,Warsaw,\n"
            "HC-2,X,,9x5xNBD,hicare,2026-01-01,2025-12-31,,,,\n"
            "hc-1,X,,9x5xNBD,hicare,2026-01-01,2026-12-31,,,,\n"
            "HC-1,X,,9x5xNBD,hicare,2026-01-01,2026-12-31,,,,\n",
            "devices.csv": f"{DEVICES}\nS 1,,,HC-1,,maybe,,\nS2,,,HC-9,,,,\nS3,,\n",
            "parts.csv": f'{PARTS}\nP1,x,"1,000.00",EUR,2026-01-01\nP1,x,5,,2026-01-01\n',
            "contacts.csv": f'{CONTACTS}\nanna,Anna,,HC-1,boss,\n"name@acme,example.com",N,,HC-1,customer,\n',
            "partners.csv": f"{PARTNERS}\nP,nodomain,,,many,\n",
        },
    )
    assert found == [
        "contacts.csv:2 email: 'anna' is not an address like anna@customer.example",
        "contacts.csv:2 role: 'boss' is none of: customer, reseller, alliance_partner, value_added_partner, distributor",
        "contacts.csv:3 email: 'name@acme,example.com' is not an address like anna@customer.example",
        "contracts.csv:4 country: no holidays are known of 'Poland'; write a country like PL (ISO 3166)",
        "contracts.csv:4 end: '1.1.2026' is not a date like 2026-11-22",
        "contracts.csv:4 language: 'english' is not a language like en (ISO 639)",
        "contracts.csv:4 number: must not be blank",
        "contracts.csv:4 programme: 'gold' is none of: hicare, cocare, software, warranty",
        "contracts.csv:4 service_level: '9x5' is none of: 9x5xNBD-S, 9x5xNBD, 24x7x4, 8x5xNBD, 24x7xNBD, 8x5x8, 9x5xNBD-S-onsite, "
        "9x5xNBD-onsite, 24x7x4-onsite, 8x5xNBD-onsite, 24x7xNBD-onsite, 8x5x8-onsite",
        "contracts.csv:4 start: '2026-02-30' is not a day of the calendar",
        "contracts.csv:4 timezone: 'Warsaw' is not a time zone like Europe/Warsaw",
        "contracts.csv:5 end: 2025-12-31 is before the start, 2026-01-01",
        "contracts.csv:6 number: differs from line 2 only in capitals",
        "contracts.csv:7 number: stands on line 2 already",
        "devices.csv:2 installation_service: 'maybe' is neither yes nor no",
        "devices.csv:2 serial: 'S 1' is not one word of printable ASCII characters",
        "devices.csv:3 contract: 'HC-9' is not in contracts.csv",
        "devices.csv:4: has 3 cells, the header has 8",
        "partners.csv:2 domain: 'nodomain' is not a domain like customer.example",
        "partners.csv:2 stars: 'many' is none of: 2, 3, 4, or 0 for none",
        "parts.csv:2 list_price: '1,000.00' is not an amount like 1234.50",
        "parts.csv:3 currency: must not be blank beside a price",
    ]


def test_partners_have_two_to_four_stars_or_none_and_a_domain_of_their_own(tmp_path: Path) -> None:
    """DK2: two partners of one domain could not be told apart by their mail."""
    rows = "A,a.example,,,,\nB,b.example,,,0,\nC,c.example,,,3,\nD,d.example,,,1,\nE,e.example,,,5,\nF,A.example,,,2,\n"
    assert problems(tmp_path, {"partners.csv": f"{PARTNERS}\n{rows}"}) == [
        "partners.csv:5 stars: '1' is none of: 2, 3, 4, or 0 for none",
        "partners.csv:6 stars: '5' is none of: 2, 3, 4, or 0 for none",
        "partners.csv:7 domain: a.example is that of line 2 already",
    ]


def test_a_mail_providers_domain_is_nobodys_contract(tmp_path: Path) -> None:
    """EN: whoever has an address there would be entitled; contacts with such addresses are people, and fine."""
    files: dict[str, str | bytes] = {
        "contracts.csv": f"{CONTRACTS}\nHC-1,X,x.example;Gmail.com,9x5xNBD,hicare,2026-01-01,2026-12-31,,,,\n",
        "contacts.csv": f"{CONTACTS}\nanna@gmail.com,Anna,,HC-1,customer,\n",
        "partners.csv": f"{PARTNERS}\nP,gmail.com,,,2,\n",
    }
    with pytest.raises(WrongRegister) as caught:
        read_register(folder(tmp_path, files), ("gmail.com", "wp.pl"))
    assert [str(problem) for problem in caught.value.problems] == [
        "contracts.csv:2 domains: gmail.com is a mail provider's: its people belong into contacts.csv",
        "partners.csv:2 domain: gmail.com is a mail provider's, not the partner's own",
    ]


def test_a_wrong_header_is_named_by_its_columns(tmp_path: Path) -> None:
    assert problems(tmp_path, {"parts.csv": "part_number,part_number,colour,description,list_price,currency\nP1,P1,red,x,1,EUR\n"}) == [
        "parts.csv:1 colour: is an unknown column; known: part_number, description, list_price, currency, valid_from",
        "parts.csv:1 part_number: stands twice in the header",
        "parts.csv:1 valid_from: is missing from the header",
    ]
    assert problems(tmp_path, {"parts.csv": ""}) == [f"parts.csv:1: has no header line; it should be: {PARTS}"]


def test_bytes_that_are_not_utf_8_are_named_by_their_line(tmp_path: Path) -> None:
    content = f"{PARTS}\nP1,x,1,EUR,2026-01-01\nP2,caf\xe9,1,EUR,2026-01-01\n".encode("latin-1")
    assert problems(tmp_path, {"parts.csv": content}) == ["parts.csv:3: is not UTF-8"]


def test_a_quote_that_never_ends_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, {"parts.csv": f'{PARTS}\nP1,"x,1,EUR,2026-01-01\n'}) == ["parts.csv:2: is no CSV: unexpected end of data"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongRegister) as caught:
        read_register(tmp_path / "data")
    assert caught.value.problems == (Problem("data", 0, "", f"{tmp_path / 'data'} is no folder"),)


def test_an_imported_register_answers_questions(database: Database, tmp_path: Path) -> None:
    read = import_register(database, folder(tmp_path, dict(GOOD)))
    with database.read() as c:
        assert register.find_devices(c, [" abc123", "2102352KLM10L5000456", "nowhere"]) == {
            " abc123": read.devices[1],
            "2102352KLM10L5000456": read.devices[0],
        }
        assert register.find_contract(c, " hC-1") == read.contracts[0]
        assert register.find_contract(c, "HC-3") is None
        assert register.contracts_for_domain(c, "CUSTOMER.example") == (read.contracts[0],)
        assert register.contracts_for_domain(c, "deep.sub.customer.example") == ()
        assert register.find_contact(c, "ANNA@customer.example") == read.contacts
        assert register.contacts_of(c, "hc-2") == (
            Contact(email="anna@customer.example", name="Anna", company="Other", contract="hc-2", role="reseller"),
        )
        assert register.find_partner(c, "partner.EXAMPLE") == read.partners[0]
        assert register.partners(c) == read.partners


def test_the_price_of_a_day_is_the_newest_valid_one(database: Database, tmp_path: Path) -> None:
    read = import_register(database, folder(tmp_path, dict(GOOD)))
    with database.read() as c:
        assert register.price_on(c, "02352KLM", date(2025, 12, 31)) is None
        assert register.price_on(c, "02352KLM", date(2026, 6, 30)) == read.parts[0]
        assert register.price_on(c, "02352klm", date(2026, 7, 1)) == read.parts[1]
        assert register.price_on(c, "02359", date(2026, 7, 1)) == read.parts[2]
        assert register.describe_part(c, "02352KLM") == "New board"
        assert register.describe_part(c, "nothing") == ""


def test_an_import_replaces_all_and_a_wrong_one_nothing(database: Database, tmp_path: Path) -> None:
    import_register(database, folder(tmp_path, dict(GOOD)))
    (tmp_path / "contacts.csv").write_text(f"{CONTACTS}\nx,,,HC-1,customer,\n")
    with pytest.raises(WrongRegister):
        import_register(database, tmp_path)
    with database.read() as c:
        assert len(register.find_contact(c, "anna@customer.example")) == 2
    for name in ("contacts.csv", "devices.csv", "contracts.csv"):
        (tmp_path / name).unlink()
    import_register(database, tmp_path)
    with database.read() as c:
        assert register.find_contact(c, "anna@customer.example") == ()
        assert register.find_contract(c, "HC-1") is None
        assert register.describe_part(c, "02359") == "Fan"
