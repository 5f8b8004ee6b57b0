//! Comma-separated values as RFC 4180 has them, strictly: what is not clear is
//! refused with its line instead of being guessed at.

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins, counted from 1.
    pub line: usize,
    pub cells: Vec<String>,
}

/// A text that is not a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvError {
    pub line: usize,
    /// What is wrong, to be read after the file's name.
    pub problem: &'static str,
}

/// Where the reader stands in a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote within quotes: the end, or the first half of a doubled one.
    Quote,
}

/// The rows of a table, without those that are blank. Cells are divided by
/// commas, or by semicolons if the first line has those and no comma: some
/// spreadsheets write so. A cell in quotes may hold both, line ends, and quotes
/// that are doubled.
///
/// # Errors
/// The first place that is not clear.
pub fn rows(text: &str) -> Result<Vec<Row>, CsvError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let comma = if first.contains(';') && !first.contains(',') { ';' } else { ',' };
    let mut reader =
        Reader { rows: Vec::new(), row: Row { line: 1, cells: Vec::new() }, cell: String::new() };
    let (mut at, mut line) = (At::Start, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let end = letter == '\n' || (letter == '\r' && letters.peek() == Some(&'\n'));
        at = match (at, letter) {
            (At::Quoted, '"') => At::Quote,
            (At::Quoted, _) => reader.keep(letter, At::Quoted),
            (At::Quote, '"') => reader.keep('"', At::Quoted),
            (At::Start, '"') => At::Quoted,
            (_, '\r') if end => at,
            (_, '\n') => reader.end_row(line + 1),
            (_, letter) if letter == comma => reader.end_cell(),
            (At::Quote, _) => return Err(CsvError { line, problem: "has something behind a closing quote" }),
            (At::Plain, '"') => {
                return Err(CsvError { line, problem: "has a quote inside a cell without quotes" });
            }
            (At::Start | At::Plain, _) => reader.keep(letter, At::Plain),
        };
        line += usize::from(letter == '\n');
    }
    if at == At::Quoted {
        return Err(CsvError { line: reader.row.line, problem: "has a quote that is never closed" });
    }
    reader.end_row(line);
    Ok(reader.rows)
}

struct Reader {
    rows: Vec<Row>,
    row: Row,
    cell: String,
}

impl Reader {
    fn keep(&mut self, letter: char, next: At) -> At {
        self.cell.push(letter);
        next
    }

    fn end_cell(&mut self) -> At {
        self.row.cells.push(std::mem::take(&mut self.cell));
        At::Start
    }

    fn end_row(&mut self, next: usize) -> At {
        self.end_cell();
        let row = std::mem::replace(&mut self.row, Row { line: next, cells: Vec::new() });
        if row.cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.rows.push(row);
        }
        At::Start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        rows(text).unwrap().into_iter().map(|row| (row.line, row.cells)).collect()
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_and_cells() {
        assert_eq!(read("a,b\n1,2\n"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
        assert_eq!(read("\u{FEFF}a,b\r\n1,\r\n"), [row(1, &["a", "b"]), row(2, &["1", ""])]);
        assert_eq!(read("a;b\n1,5;2"), [row(1, &["a", "b"]), row(2, &["1,5", "2"])]);
        assert_eq!(read("فرع,b\n\n , \n\"x\",y"), [row(1, &["فرع", "b"]), row(4, &["x", "y"])]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn quotes() {
        assert_eq!(read("\"a,\"\"b\"\"\",c\n"), [row(1, &["a,\"b\"", "c"])]);
        assert_eq!(read("\"one\r\ntwo\",\"\"\nx,y\n"), [row(1, &["one\r\ntwo", ""]), row(3, &["x", "y"])]);
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let refused = |text: &str| rows(text).map_err(|error| (error.line, error.problem));
        assert_eq!(refused("a\nb\"c"), Err((2, "has a quote inside a cell without quotes")));
        assert_eq!(refused("\"a\"b"), Err((1, "has something behind a closing quote")));
        assert_eq!(refused("a\n\"b\n\n"), Err((2, "has a quote that is never closed")));
        assert_eq!(refused("\"a\"\rb"), Err((1, "has something behind a closing quote")));
    }
}
