"""What an application for certification says, from free text, lines, tables and files (DK2)."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook
from reportlab.pdfgen.canvas import Canvas

from mailflow.message.documents.application import read_application
from mailflow.message.documents.certification import Application, Engineer, Project
from mailflow.message.model import Address, Attachment, Mail

TODAY = date(2026, 11, 20)
BASIC = "Basic engineering project management experience (equipment list price: USD 100,000 - USD 1000,000)"
MAJOR = "Major engineering project management experience (equipment list price: ≥ USD 1 million)"


def application(text: str, subject: str = "Application", files: tuple[Attachment, ...] = ()) -> Application:
    return read_application(Mail(senders=(Address("a@bright.example"),), subject=subject, attachments=files), text, TODAY)


LETTER = """Dear team,

we apply for the three-star certification.
Company: Bright Networks Sp. z o.o.

Engineers:
- Li Wei, H3CSE-Routing & Switching, valid through 30 June 2028
- Wang Fang, H3CNE, issued 2024-03-01, valid until 2027-03-01

After-sales service hotline: +48 22 555 01 00, 24x7
Service manager: Anna Kowalska
Phone: +48 600 100 200
E-mail: Anna@bright.example
Tracking system: our ticket system, with escalation

Projects:
- City metro network, USD 250,000
- National bank data centre, $1.2 million

Laboratory:
1 Router MSR3600
1 layer 3 switch
"""


def test_a_letter_says_everything() -> None:
    assert application(LETTER) == Application(
        stars=3,
        engineers=(
            Engineer(name="Li Wei", certificate="H3CSE-Routing & Switching", level="H3CSE", valid_through=date(2028, 6, 30)),
            Engineer(name="Wang Fang", certificate="H3CNE", level="H3CNE", valid_through=date(2027, 3, 1)),
        ),
        hotline="+48 22 555 01 00, 24x7",
        service_manager="Anna Kowalska",
        service_manager_phone="+48 600 100 200",
        service_manager_email="anna@bright.example",
        tracking_system="our ticket system, with escalation",
        projects=(
            Project(text="City metro network, USD 250,000", usd=250_000),
            Project(text="National bank data centre, $1.2 million", usd=1_200_000),
        ),
        laboratory="1 Router MSR3600; 1 layer 3 switch",
        company="Bright Networks Sp. z o.o.",
    )


def test_a_chinese_letter_says_everything() -> None:
    read = application(
        """我们申请四星级认证。
公司：光明网络有限公司
1. 李伟 H3CSE-Routing & Switching 有效期至 2028年6月30日
2. 王芳，H3CNE，有效期至2027-03-01
服务热线：400-800-1234
服务经理：张敏，13800138000，zhang@bright.example
问题跟踪系统：自建工单系统
实验室：1台高端路由器，1台三层交换机
地铁项目 35万美元
银行项目 120万美元
"""
    )
    assert (read.stars, read.company, read.hotline) == (4, "光明网络有限公司", "400-800-1234")
    assert [(one.name, one.level, one.valid_through) for one in read.engineers] == [
        ("李伟", "H3CSE", date(2028, 6, 30)),
        ("王芳", "H3CNE", date(2027, 3, 1)),
    ]
    assert (read.service_manager, read.service_manager_phone, read.service_manager_email) == ("张敏", "13800138000", "zhang@bright.example")
    assert (read.tracking_system, read.laboratory) == ("自建工单系统", "1台高端路由器，1台三层交换机")
    assert [one.usd for one in read.projects] == [350_000, 1_200_000]


def test_free_text_says_it_too() -> None:
    read = application(
        "We have 2 x H3CSE and three H3CNE engineers.\nOur hotline is +86 571 8676 3000.\nOur service manager is Wang Fang.\n"
        "We use a ticketing system with an escalation process.\nOur lab has two routers.\n",
        subject="4-star application",
    )
    assert read.stars == 4
    assert [(one.level, one.quantity) for one in read.engineers] == [("H3CSE", 2), ("H3CNE", 3)]
    assert read.hotline == "Our hotline is +86 571 8676 3000."
    assert read.service_manager == "Wang Fang"
    assert read.tracking_system == "We use a ticketing system with an escalation process."
    assert read.laboratory == "Our lab has two routers."


def test_a_letter_that_says_nothing_gives_nothing() -> None:
    assert application("Hello, when will the new criteria be published? Regards, Anna") == Application()


@pytest.mark.parametrize(
    ("words", "stars"),
    [("four stars", 4), ("Four-Star", 4), ("2-star", 2), ("三星", 3), ("trzy gwiazdki", 3), ("2 gwiazdki", 2), ("start in 4 weeks", None)],
)
def test_the_stars_applied_for(words: str, stars: int | None) -> None:
    assert application(f"We apply: {words}.").stars == stars


@pytest.mark.parametrize(
    ("line", "usd"),
    [
        ("Metro, USD 250,000", 250_000),
        ("Metro, US$300k", 300_000),
        ("Metro: $1.2 million", 1_200_000),
        ("Metro: 1.5M USD", 1_500_000),
        ("Metro 120万美元", 1_200_000),
        ("Metro: 450 000 USD", 450_000),
        ("Metro, 250 tys. USD", 250_000),
        ("Metro, USD 1.250.000", 1_250_000),
        ("Metro: 1,2 Mio. US-Dollar", 1_200_000),
        ("Metro, 300 Tsd. USD", 300_000),
    ],
)
def test_amounts_of_projects(line: str, usd: int) -> None:
    assert [one.usd for one in application(line).projects] == [usd]


@pytest.mark.parametrize(
    "line",
    ["Basic projects (USD 100,000 - USD 1,000,000)", "Major projects: ≥ USD 1 million", "The call costs USD 5", "Metro, EUR 250,000"],
)
def test_what_is_no_project(line: str) -> None:
    assert application(line).projects == ()


@pytest.mark.parametrize(
    ("line", "usd"),
    [
        (f"{BASIC}: City metro, USD 250,000", [250_000]),
        (f"{BASIC} | City metro, USD 250,000", [250_000]),
        (f"{MAJOR} | Bank data centre, USD 1.2 million", [1_200_000]),
        ("基础工程项目管理经验（设备目录价：10万-100万美元） | 杭州地铁，35万美元", [350_000]),
        ("Basic engineering project | City metro, list price USD 100,000", [100_000]),
        ("City metro (2024-2025, list price USD 250,000)", [250_000]),
        ("City metro 2025 - USD 250,000", [250_000]),
        ("Projects: Metro (USD 150,000), Bank (USD 2 million)", [150_000, 2_000_000]),
        ("项目：地铁，35万美元；银行，120万美元", [350_000, 1_200_000]),
        ("City metro, USD 250,000, contract value USD 310,000", [250_000]),
        ("Metro | 250000 | USD", [250_000]),
        (f"{MAJOR}: none", []),
        (BASIC, []),
        ("Major engineering project experience >= USD 1 million: none", []),
        ("Basic project: 10万-100万美元", []),
    ],
)
def test_the_form_s_own_amounts_are_no_projects_and_hide_none(line: str, usd: list[int]) -> None:
    """DK2: the labels are those of the manufacturer's own page."""
    assert [one.usd for one in application(line).projects] == usd


def test_a_project_is_told_without_the_form_s_amounts() -> None:
    (project,) = application(f"{BASIC}: City metro, USD 250,000").projects
    assert project.text == "Basic engineering project management experience: City metro, USD 250,000"


@pytest.mark.parametrize(
    "lines",
    [
        "This certifies that Li Wei\nhas met the requirements of H3CSE-Routing & Switching\nValid until: 2028-06-30",
        "Name: Li Wei\nCertificate: H3CSE-Routing & Switching\nExpiry date: 2028-06-30",
        "Li Wei\nH3CSE-Routing & Switching\nDate of issue: 2025-07-01\nValid through 30 June 2028",
        "H3CSE-Routing & Switching\nLi Wei\nValid until:\n2028-06-30",
        "Name: Li Wei\nZertifikat: H3CSE-Routing & Switching\nGültig bis: 30.06.2028",
        "姓名：Li Wei\n证书：H3CSE-Routing & Switching\n有效期至：2028年6月30日",
        "Li Wei, H3CSE-Routing & Switching\nvalid through 2028-06-30",
        "We apply again for three stars. Li Wei, H3CSE-Routing & Switching, valid through 2028-06-30",
    ],
)
def test_a_certificate_may_be_spread_over_lines(lines: str) -> None:
    assert application(lines).engineers == (
        Engineer(name="Li Wei", certificate="H3CSE-Routing & Switching", level="H3CSE", valid_through=date(2028, 6, 30)),
    )


def test_the_certificates_of_several_people_do_not_mix() -> None:
    text = "".join(
        f"Name: {name}\nCertificate: {code}\nExpiry date: {day}\n"
        for name, code, day in (("Li Wei", "H3CSE", "2028-06-30"), ("Chen Hao", "H3CNE", "2027-02-21"), ("Sun Yan", "PMP", "2027-12-31"))
    )
    assert [(one.name, one.level, one.valid_through) for one in application(text).engineers] == [
        ("Li Wei", "H3CSE", date(2028, 6, 30)),
        ("Chen Hao", "H3CNE", date(2027, 2, 21)),
        ("Sun Yan", "PMP", date(2027, 12, 31)),
    ]


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("H3CNE: Li Wei, Chen Hao, Sun Yan", [("Li Wei", "H3CNE", None), ("Chen Hao", "H3CNE", None), ("Sun Yan", "H3CNE", None)]),
        (
            "H3CSE: Li Wei (2028-06-30); H3CNE: Chen Hao (2027-02-21)",
            [("Li Wei", "H3CSE", date(2028, 6, 30)), ("Chen Hao", "H3CNE", date(2027, 2, 21))],
        ),
        ("Li Wei H3CSE, Chen Hao H3CNE", [("Li Wei", "H3CSE", None), ("Chen Hao", "H3CNE", None)]),
        ("Li Wei, H3CSE and PMP", [("Li Wei", "H3CSE", None), ("Li Wei", "PMP", None)]),
        ("1. Li Wei, H3C Certified Senior Engineer, valid until 2028-06-30", [("Li Wei", "H3CSE", date(2028, 6, 30))]),
    ],
)
def test_everybody_on_a_line_counts(line: str, people: list[tuple[str, str, date | None]]) -> None:
    assert [(one.name, one.level, one.valid_through) for one in application(line).engineers] == people


def test_a_signature_is_no_certificate() -> None:
    assert application("The H3CSE form follows.\nBest regards\nZhang Min\nBright Networks").engineers == ()


def test_a_row_with_a_name_of_ours_for_a_point_is_told_without_it() -> None:
    assert application("客户问题跟踪系统及处理流程 | 自建工单系统，4小时升级 |").tracking_system == "自建工单系统，4小时升级"
    assert application("Ticketing system in place | Jira |").tracking_system == "Ticketing system in place: Jira"


def sheet(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def page(lines: list[str]) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target)
    for number, line in enumerate(lines):
        canvas.drawString(50, 800 - 20 * number, line)
    canvas.save()
    return target.getvalue()


def document(paragraphs: list[str], rows: list[list[str]]) -> bytes:
    cells = "".join(f"<w:tr>{''.join(f'<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>' for cell in row)}</w:tr>" for row in rows)
    text = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document><w:body>{text}<w:tbl>{cells}</w:tbl></w:body></w:document>")
    return target.getvalue()


ROWS: list[list[str]] = [["Name", "Certificate", "Valid through"], ["Li Wei", "H3CSE", "2028-06-30"]]
AS_FILES = {
    "engineers.csv": "Name;Certificate;Valid through\nLi Wei;H3CSE;2028-06-30\n".encode("gb18030"),
    "engineers.xlsx": sheet([["Name", "Certificate", "Valid through"], ["Li Wei", "H3CSE", date(2028, 6, 30)]]),
    "form.pdf": page(["Engineers", "Li Wei, H3CSE, valid through 2028-06-30"]),
    "form.docx": document(["Application form"], ROWS),
    "form.txt": b"Li Wei, H3CSE, valid through 2028-06-30\n",
    "H3CSE_Li_Wei_2028-06-30.jpg": b"a picture",
}


@pytest.mark.parametrize("name", AS_FILES)
def test_files_tell_of_engineers(name: str) -> None:
    read = application("See the attached file.", files=(Attachment(name, "application/octet-stream", AS_FILES[name]),))
    assert read.engineers == (Engineer(name="Li Wei", certificate="H3CSE", level="H3CSE", valid_through=date(2028, 6, 30)),)


def test_a_table_headed_in_dollars_lists_projects() -> None:
    rows = 'Project,Amount (USD)\nMetro network,"350,000"\nBank,2100000\n'
    read = application("", files=(Attachment("projects.csv", "text/csv", rows.encode()),))
    assert read.projects == (Project(text="Metro network, 350,000", usd=350_000), Project(text="Bank, 2100000", usd=2_100_000))


def test_text_table_and_file_name_of_one_person_are_one() -> None:
    files = (
        Attachment("engineers.csv", "text/csv", b"Li Wei,H3CSE,2028-06-30\n"),
        Attachment("H3CSE_Wei_Li.pdf", "application/pdf", b"%PDF-1.4 a scan"),
    )
    assert [one.name for one in application("- Li Wei, H3CSE", files=files).engineers] == ["Li Wei"]


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 30_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.4 broken"),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.docx", _bomb()),
        ("a.csv", b"\x00\xff\xfe" * 100),
        ("a.pdf", b""),
    ],
)
def test_files_that_cannot_be_read_say_nothing(name: str, content: bytes) -> None:
    assert application("Hotline: +48 22 555 01 00", files=(Attachment(name, "application/octet-stream", content),)) == Application(
        hotline="+48 22 555 01 00"
    )
