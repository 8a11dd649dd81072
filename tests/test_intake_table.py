"""Tables from files: what each column is taken for, in every dialect, against known answers."""

import base64
import contextlib
import csv
import io
import json
import random

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from runs_kit import is_sentence
from table_kit import column, intake_of, mixed, taken, values_of, written

import aecore.intake.encoding
import aecore.intake.table_reading
from aecore.datasets.pictures import pictures
from aecore.datasets.scaling import scaled
from aecore.errors import InputError
from aecore.intake.found import MISSING, MISSING_TEXTS
from aecore.intake.table_reading import open_table, unique_names
from aecore.intake.text_reading import SNIFFED

GERMAN = [["name", "Größe", "Farbe"], *[[f"n{i % 3}", str(i / 4 + 1.5), "grün"[: 2 + i % 3]]
                                        for i in range(12)]]  # fmt: skip
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def text_of(rows, separator=",", ends="\n"):
    lines = io.StringIO()
    csv.writer(lines, delimiter=separator, lineterminator=ends).writerows(rows)
    return lines.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_dialect_gives_the_same(tmp_path, separator, encoding):
    made = taken(tmp_path, text_of(GERMAN, separator, "\r\n").encode(encoding))
    assert [each.name for each in made.columns] == ["name", "Größe", "Farbe"]
    assert column(made, "Größe").tolist() == [i / 4 + 1.5 for i in range(12)]
    assert values_of(made, "Farbe") == ["grün"[: 2 + i % 3] for i in range(12)]
    assert made.labels.tolist() == [0] * 12
    assert made.classes == ("all",)


def test_the_dialect_is_told(tmp_path):
    rules = taken(tmp_path, text_of(GERMAN, ";").encode("cp1252")).rules
    assert rules[0] == "Read as Windows-1252 text with semicolons between the cells."
    latin = "a;b\n" + "\x81ä;1\nx;2\n" * 6
    assert "Latin-1" in taken(tmp_path, latin.encode("latin-1")).rules[0]


def test_commas_before_decimals(tmp_path):
    text = "a;b\n" + "".join(f"{i},5;-0,{i}25e1\n" for i in range(9))
    made = taken(tmp_path, text)
    assert column(made, "a").tolist() == [i + 0.5 for i in range(9)]
    assert np.allclose(column(made, "b"), [-(i / 10 + 0.025) * 10 for i in range(9)])
    assert "Numbers have a comma before their decimals." in made.rules


def test_a_first_line_of_numbers_is_a_row_and_sep_is_none(tmp_path):
    made = taken(tmp_path, "1,9\n4,2\n3,8\n")
    assert [each.name for each in made.columns] == ["column 1", "column 2"]
    assert column(made, "column 1").tolist() == [1, 4, 3]
    made = taken(tmp_path, "sep=;\na;b\n1;9\n4;2\n3;8\n")
    assert column(made, "b").tolist() == [9, 2, 8]


def test_names_of_rows_as_r_writes_them(tmp_path):
    made = taken(tmp_path, 'size,hue\n"r1",1,5\n"r2",3,4\n"r1",2,2\n')
    assert column(made, "size").tolist() == [1, 3, 2]
    assert values_of(made, "row") == ["r1", "r2", "r1"]


def test_quotes_hold_separators_quotes_and_line_ends(tmp_path):
    rows = [["a,\nb", "v"], ['say "x"', "1"], ["two\nlines", "3"], ['say "x"', "2"]]
    made = taken(tmp_path, text_of(rows))
    assert values_of(made, "a, b") == ['say "x"', "two lines", 'say "x"']
    assert column(made, "v").tolist() == [1, 3, 2]


def test_what_is_missing_and_what_is_infinite(tmp_path):
    rows = [["x", "c"], ["1.5", "u"], ["-inf", "?"], ["1e400", "v"], ["NA", ""], ["2.5", "u"]]
    made = taken(tmp_path, text_of(rows))
    assert np.isnan(column(made, "x")).tolist() == [False, True, True, True, False]
    assert made.columns[1].values == ("u", "v", MISSING)
    assert values_of(made, "c") == ["u", MISSING, "v", MISSING, "u"]
    assert "x: 2 infinite or too large, which count as missing." in made.rules
    assert "5 values are missing (infinite ones among them)." in made.rules


@pytest.mark.parametrize("text", [*MISSING_TEXTS, "NULL", "NaN", "#N/A", "  ", " None "])
def test_every_text_for_missing(tmp_path, text):
    made = taken(tmp_path, text_of([["x", "c"], ["1", "a"], [text, text], ["2", "b"]]))
    assert np.isnan(column(made, "x")).tolist() == [False, True, False]
    assert values_of(made, "c") == ["a", MISSING, "b"]


def test_no_missing_values_no_category_of_them(tmp_path):
    made = taken(tmp_path, "c,x\na,1\nb,3\na,2\n")
    assert made.columns[0].values == ("a", "b")
    assert column(made, "c").tolist() == [[1, 0], [0, 1], [1, 0]]


def test_a_value_that_is_called_missing_is_not_the_missing_one(tmp_path):
    made = taken(tmp_path, f"c,x\n{MISSING},1\nb,3\n,2\n")
    assert made.columns[0].values == (MISSING, "b", f"{MISSING} (2)")


DATES = {
    "iso": (["2024-03-01", "2024-03-05T12:00:00", "2024-02-28"], [2, 6.5, 0], ""),
    "points": (["01.03.2024", "05.03.2024", "28.02.2024"], [2, 6, 0], "day, month"),
    "day first": (["01/03/2024", "05/03/2024", "03/03/2024"], [0, 4, 2], "day, month"),
    "month first": (["03/01/2024", "03/15/2024", "03/02/2024"], [0, 14, 1], "month, day"),
    "year first": (["2024/03/01 06:00", "2024/03/05 18:00", "2024/03/02 06:00"], [0, 4.5, 1], ""),
}


@pytest.mark.parametrize("name", DATES)
def test_dates_are_days_since_the_first(tmp_path, name):
    texts, days, told = DATES[name]
    made = taken(tmp_path, text_of([["d"], *[[text] for text in texts], ["NA"]]))
    assert np.allclose(column(made, "d")[:-1], days)
    assert np.isnan(column(made, "d")[-1])
    note = next(rule for rule in made.rules if rule.startswith("d: "))
    assert "As days since the first" in note
    assert told in note


def test_what_cannot_be_learnt_is_left_out_and_told(tmp_path):
    rows = [["id", "note", "same", "none", "x"]]
    rows += [[str(10 + i), f"free text {i}", "k", "", str((i * 7) % 11)] for i in range(60)]
    made = taken(tmp_path, text_of(rows))
    assert [each.name for each in made.columns] == ["x"]
    left = next(rule for rule in made.rules if rule.startswith("Left out"))
    assert all(name in left for name in ("id (whole", "note (texts)", "same (", "none (nothing"))
    kept = taken(tmp_path, text_of(rows), numbers="id")
    assert column(kept, "id").tolist() == list(range(10, 70))


def test_mostly_numbers_are_numbers(tmp_path):
    rows = [["x", "y"], *[["word" if i in (3, 9) else str(i % 5), "ab"[i % 2]] for i in range(60)]]
    made = taken(tmp_path, text_of(rows))
    assert np.isnan(column(made, "x")).nonzero()[0].tolist() == [3, 9]
    assert "x: 2 that are no numbers, which count as missing." in made.rules
    rows[1:30] = [["word", "a"]] * 29
    assert taken(tmp_path, text_of(rows)).columns[0].kind == "category"
    assert taken(tmp_path, text_of(rows), numbers="x").columns[0].kind == "number"


def test_codes_become_categories_where_they_are_called_so(tmp_path):
    text = text_of([["code", "x"], *[[str(10 * (i % 3)), str(i % 7)] for i in range(30)]])
    made = taken(tmp_path, text)
    assert made.columns[0].kind == "number"
    assert any("if they are codes" in rule for rule in made.rules)
    made = taken(tmp_path, text, categories="code")
    assert made.columns[0].values == ("0", "10", "20")


def test_large_whole_numbers_keep_their_distances(tmp_path):
    made = taken(tmp_path, text_of([["t"], *[[str(1_700_000_000 + i * i)] for i in (3, 1, 2, 0)]]))
    assert column(made, "t").tolist() == [9, 1, 4, 0]
    assert any("Counted from the smallest, 1,700,000,000." in rule for rule in made.rules)


def test_label_and_metadata_are_kept_and_not_learnt(tmp_path):
    text = mixed()
    made = taken(tmp_path, text, label="kind", metadata="day, colour", leave_out="skewed")
    assert [each.name for each in made.columns] == ["size"]
    assert (made.classes, made.label) == (("a", "b", "c"), "kind")
    assert made.labels.tolist() == [i % 3 for i in range(60)]
    (first, colours), (second, days) = made.metadata
    assert (first.values, second.name) == (("green", "red"), "day")
    assert days.tolist() == [i % 28 for i in range(60)]
    assert colours[:3].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(colours[2])


def test_labels_of_whole_numbers_are_in_their_order_and_may_be_missing(tmp_path):
    rows = [["x", "y"], *[[str(i % 7), ["10", "9", ""][i % 3]] for i in range(12)]]
    made = taken(tmp_path, text_of(rows), label="y")
    assert made.classes == ("9", "10", MISSING)
    assert made.labels.tolist() == [[1, 0, 2][i % 3] for i in range(12)]


def test_names_are_safe_and_each_once(tmp_path):
    rows = [["a", "a", "", "<script>alert(1)</script>", "x\u202ey", "a (2)"]]
    rows += [[str((i * k) % 7) for k in range(1, 7)] for i in range(12)]
    names = [each.name for each in taken(tmp_path, text_of(rows)).columns]
    assert names == ["a", "a (2)", "column 3", "<script>alert(1)</script>", "xy", "a (2) (2)"]
    assert unique_names(["", "column 1"]) == ("column 1", "column 1 (2)")


def test_lists_of_columns_are_lines_of_csv(tmp_path):
    text = text_of([["a,b", 'c"d', "x"], ["1", "2", "4"], ["3", "1", "2"], ["2", "5", "1"]])
    made = taken(tmp_path, text, leave_out='"a,b", x')
    assert [each.name for each in made.columns] == ['c"d']
    assert taken(tmp_path, text, label='c"d').classes == ("1", "2", "5")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"label": "nothing"}, "no column 'nothing'"),
        ({"leave_out": '"size'}, "cannot be read"),
        ({"label": "skewed"}, "different values"),
        ({"metadata": "size,nothing"}, "Known, not learnt"),
        ({"numbers": "colour"}, "cannot be taken as a number"),
        ({"leave_out": "size,colour,day,skewed,kind"}, "No column"),
    ],
)
def test_roles_that_cannot_be_are_told(tmp_path, options, said):
    with pytest.raises(InputError, match=said) as told:
        taken(tmp_path, mixed(400), **options)
    assert is_sentence(told.value)


def parquet_of(frame):
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def test_a_parquet_gives_what_its_csv_gives(tmp_path):
    frame = pd.read_csv(io.StringIO(mixed()), parse_dates=["day"])
    ours, theirs = taken(tmp_path, mixed()), taken(tmp_path, parquet_of(frame))
    assert ours.columns == theirs.columns
    assert np.array_equal(ours.samples, theirs.samples, equal_nan=True)


def test_types_of_parquet(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    count = 30
    table = pa.table(
        [
            pa.array([i % 3 == 0 for i in range(count)]),
            pa.array([f"v{i % 3}" for i in range(count)]).dictionary_encode(),
            pa.array([i * 3_600_000 for i in range(count)], pa.timestamp("ms", "UTC")),
            pa.array([i % 5 for i in range(count)], pa.decimal128(5, 2)),
            pa.array([[i] for i in range(count)]),
            pa.array([None] * count, pa.null()),
            pa.array([i % 4 for i in range(count)], pa.int8()),
            pa.array([i % 3 + 0.5 for i in range(count)], pa.float16()),
        ],
        names=["flag", "code", "when", "price", "list", "empty", "same", "same"],
    )
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=7)
    made = taken(tmp_path, file.getvalue())
    names = ["flag", "code", "when", "price", "same", "same (2)"]
    assert [each.name for each in made.columns] == names
    assert made.columns[0].values == ("false", "true")
    assert values_of(made, "code") == [f"v{i % 3}" for i in range(count)]
    assert np.allclose(column(made, "when"), np.arange(count) / 24)
    assert column(made, "price").tolist() == [i % 5 for i in range(count)]
    assert column(made, "same (2)").tolist() == [i % 3 + 0.5 for i in range(count)]
    assert "list (values of a kind that is not read)" in " ".join(made.rules)


def test_a_parquet_that_claims_other_rows_than_it_has_is_told(tmp_path):
    table = open_table(*written(tmp_path, parquet_of(pd.read_csv(io.StringIO(mixed())))))
    assert len(table.column(0)) == 60
    for claimed in (59, 68):
        table.count = claimed
        with pytest.raises(InputError, match=f"60 values and the table claims {claimed}") as told:
            table.column(0)
        assert is_sentence(told.value)


def test_dates_beyond_the_calendar_are_days_all_the_same(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    file, days = (
        io.BytesIO(),
        [2**31 - 1, 2**31 - 1, 2**30] + [2**31 - 2**20 * i for i in range(1, 9)],
    )
    parquet.write_table(pa.table({"day": pa.array(days, pa.int32()).cast(pa.date32())}), file)
    made = taken(tmp_path, file.getvalue())
    assert column(made, "day").tolist() == [np.float32(day - 2**30) for day in days]
    (told,) = intake_of().look(*written(tmp_path, file.getvalue()))["columns"]
    assert told["examples"] == ["(out of range)"] * 3


def test_rows_of_another_width_are_skipped_and_counted(tmp_path):
    made = taken(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,9\n2,1\n")
    assert column(made, "a").tolist() == [1, 7, 2]
    assert made.skipped == {"rows with another number of cells than most": 2}


def test_formulas_are_only_text(tmp_path):
    rows = [["=SUM(A1)", "x"], ["=1+1", "1"], ["@cmd|'/c calc'!A0", "3"], ["=1+1", "2"]]
    made = taken(tmp_path, text_of(rows))
    assert values_of(made, "=SUM(A1)") == ["=1+1", "@cmd|'/c calc'!A0", "=1+1"]


HOSTILE = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n \n", "is empty"),
    "only names": (b"a,b\n", "no rows"),
    "zip": (b"PK\x03\x04" + bytes(90), "zip archive"),
    "zeros": (b"a,b\n1,\0\n" * 9, "zero bytes"),
    "too wide": (b",".join(b"%d" % i for i in range(3000)) + b"\n", "3,000"),
    "a line without end": (b"a," * SNIFFED, "longer than"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, ""),
    "ragged": ("a,b\n" + "1,2\n" * 3 + "1,2,3\n3\n" * 9, "number of cells"),
    "half a parquet": (b"PAR1" + bytes(60), "cannot be read as a table"),
    "words alone": ("\n".join(f"line {i} of prose" for i in range(90)), "No column"),
}


def one_sentence(error, said=""):
    assert is_sentence(error), error
    assert said in str(error)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_is_told_in_a_sentence(tmp_path, name):
    content, said = HOSTILE[name]
    for ask in (intake_of().take, intake_of().look):
        try:
            ask(*written(tmp_path, content))
        except InputError as told:
            one_sentence(told, said)
        else:
            assert name == "words alone"  # a look shows what would be left out, and why
            assert ask.__name__ == "look"


@pytest.mark.parametrize("most", ["MOST_BYTES", "MOST_ROWS", "MOST_COLUMNS"])
def test_caps(tmp_path, monkeypatch, most):
    given = written(tmp_path, mixed())
    monkeypatch.setattr(aecore.intake.table_reading, most, 4)
    with pytest.raises(InputError, match="4|0 MB") as told:
        intake_of().take(*given)
    assert is_sentence(told.value)


def test_the_memory_of_samples_is_capped_before_it_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(aecore.intake.encoding, "MOST_NUMBERS", 60 * 3)
    with pytest.raises(InputError, match="leave out columns"):
        taken(tmp_path, mixed())


def test_a_look_tells_what_becomes_of_each_column(tmp_path):
    found = intake_of(metadata="day").look(*written(tmp_path, mixed()))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["count"], found["looked_at"], found["labels"]) == (60, 60, ["kind"])
    told = {each["name"]: each for each in found["columns"]}
    assert [each["role"] for each in found["columns"]] == [
        "learnt", "learnt", "metadata", "learnt", "learnt",
    ]  # fmt: skip
    assert told["colour"]["becomes"] == "3 numbers, one a value."
    assert told["skewed"]["missing"] == 6
    assert told["day"]["examples"] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert len(found["previews"]) == 8
    picture = Image.open(io.BytesIO(base64.b64decode(found["previews"][0])))
    assert picture.size[1] == 32


def test_a_look_reads_only_the_first_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("aecore.intake.table.LOOKED_AT", 25)
    frame = pd.read_csv(io.StringIO(mixed()))
    for content in (mixed(), parquet_of(frame)):
        found = intake_of().look(*written(tmp_path, content))
        assert (found["count"], found["looked_at"]) == (60, 25)
        assert "the first 25 were looked at" in found["summary"][0]


def test_two_files_are_one_too_many(tmp_path):
    (path,), names = written(tmp_path, mixed())
    with pytest.raises(InputError, match="one table at a time"):
        intake_of().take([path, path], names * 2)


@quick
@given(
    st.lists(
        st.one_of(st.none(), st.floats(width=32, allow_nan=False, allow_subnormal=False)),
        min_size=3,
        max_size=30,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_numbers_survive_a_csv(tmp_path, numbers, separator, encoding):
    known = {value for value in numbers if value is not None and np.isfinite(value)}
    assume(len(known) > 1)
    rows = [["x", "other"], *[["" if v is None else repr(v), "ab"[i % 2]]
                              for i, v in enumerate(numbers)]]  # fmt: skip
    made = taken(tmp_path, text_of(rows, separator).encode(encoding), numbers="x")
    expected = np.array([np.nan if v is None else v for v in numbers])
    expected[np.isinf(expected)] = np.nan
    offset = 0.0
    if (expected[~np.isnan(expected)] % 1 == 0).all() and np.nanmax(np.abs(expected)) > 1 << 24:
        offset = np.nanmin(expected)
    expected = (expected - offset).astype(np.float32)
    assert np.array_equal(column(made, "x"), expected, equal_nan=True)


NUMBERS = ("1", "2.5", "-3e2", ".5", "5.", "+5", "1E-3", " 7 ", "16777217", "0.1", "-0")
COMMAS = ("1,5", "12,25", "-0,5e1", "3")
NOTHING = ("", "NA", "-", "?", " nan ", "None")
ODD = ("1e400", "-1e400", "inf", "-INF", "Infinity", "INFINITY", "-nan", "nan(1)", "1_0", "0x10",
       "\u0663", "1e", "e5", "--1", "1.2.3", "1,5", "2024-01-02", "word", "+", ".", "1 2", "true",
       *NOTHING)  # fmt: skip


@pytest.mark.parametrize("block", [200, 1 << 23])
@pytest.mark.parametrize("seed", range(30))
def test_numbers_read_block_by_block_are_what_their_texts_are(tmp_path, seed, block):
    draw, columns = random.Random(seed), []
    for _ in range(4):
        usual, share = (
            draw.choice([NUMBERS, COMMAS, NUMBERS + NOTHING]),
            draw.choice([0, 0.02, 0.3]),
        )
        columns.append([draw.choice(ODD if draw.random() < share else usual) for _ in range(60)])
    text = text_of([list("abcd"), *zip(*columns, strict=True)], draw.choice(",;"))
    options = draw.choice([{}, {"label": "a"}, {"categories": "b"}, {"numbers": "c, d"}])
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(InputError):
        patch.setattr(aecore.intake.table_reading, "BLOCK", block)
        taken(tmp_path, text, **options)  # which compares


def test_a_column_that_is_numbers_at_first_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(aecore.intake.table_reading, "BLOCK", 200)
    rows = [["x", "y", "z"], *[[str(i % 9), str(i / 4), "ab"[i % 2]] for i in range(60)]]
    rows[50][0], rows[55] = "word", ["only", "two"]
    for row in rows[40:54]:
        row[1] = "text"
    made = taken(tmp_path, text_of(rows))
    assert np.isnan(column(made, "x")).nonzero()[0].tolist() == [49]
    assert made.columns[1].kind == "category"
    assert made.skipped == {"rows with another number of cells than most": 1}


def test_previews_are_pictures_of_rows_on_their_scale(tmp_path):
    for kind, options in (("table", {}), ("series", {"window": 6, "channels": "size, skewed"})):
        found = intake_of(kind, **options).look(*written(tmp_path, mixed()))
        made = taken(tmp_path, mixed(), kind, **options)
        every = torch.arange(len(made.samples))
        known, columns = scaled(torch.tensor(made.samples), every, kind, made.columns)
        drawn = pictures(known[:8], kind, columns)
        for png, picture in zip(found["previews"], drawn, strict=True):
            shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))
            assert np.array_equal(shown, picture[0])


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@quick
@given(st.lists(texts, min_size=4, max_size=20), st.sampled_from([",", ";", "\t"]))
def test_texts_survive_a_csv(tmp_path, values, separator):
    plain = [value.strip() for value in values]
    assume(len({v for v in plain if v.lower() not in MISSING_TEXTS}) > 1)
    rows = [["c", "x"], *[[value, str(i % 3 + 0.5)] for i, value in enumerate(values)]]
    made = taken(tmp_path, text_of(rows, separator), categories="c")
    assert made.columns[0].kind == "category"
    places = column(made, "c").argmax(1)
    for i, left in enumerate(plain):
        for j, right in enumerate(plain):
            missing = left.lower() in MISSING_TEXTS and right.lower() in MISSING_TEXTS
            assert (places[i] == places[j]) == (left == right or missing)


@quick
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path, content):
    for start in (b"", b"a,b\n1,x\n", b"PAR1"):
        try:
            made = taken(tmp_path, start + content)
        except InputError as told:
            one_sentence(told)
        else:
            assert len(made.samples) == len(made.labels) > 0
