//! second-opinion: signed documents before a library that shares no code with tilld.
//!
//! A file named by itself is judged by itself. The `*.xml` files of a folder are
//! judged each, and then as the chain of the till that issued them.

mod chain;
mod judge;

use chain::Link;
use judge::{Verdict, judge};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: second-opinion [--no-chain] DIR|FILE...

Judges signed ZATCA documents with the independent library fatoora-core.
A DIR stands for its *.xml files, which must also form gapless chains from
counter 1, one for each signing certificate; a FILE is judged by itself.

  --no-chain   judge the files of a DIR by themselves, too
  --help       this text

Prints the findings of each refused document, and as the last line
'second opinion: N documents, M refused'.
Exit code: 0 all accepted, 1 some refused, 2 wrong use.";

/// What the command line asks for.
struct Request {
    with_chain: bool,
    paths: Vec<PathBuf>,
}

/// One document on its way through the checks.
struct Case {
    path: PathBuf,
    xml: String,
    verdict: Verdict,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match parse_arguments(arguments).and_then(|request| judge_all(&request)) {
        Ok((documents, refused)) => {
            println!("second opinion: {documents} documents, {refused} refused");
            ExitCode::from(u8::from(refused > 0))
        }
        Err(fault) => {
            eprintln!("second-opinion: {fault}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse_arguments(arguments: Vec<String>) -> Result<Request, String> {
    let mut request = Request { with_chain: true, paths: Vec::new() };
    for argument in arguments {
        match argument.as_str() {
            "--no-chain" => request.with_chain = false,
            option if option.starts_with('-') => return Err(format!("unknown option '{option}'")),
            path => request.paths.push(path.into()),
        }
    }
    if request.paths.is_empty() { Err("no document named".into()) } else { Ok(request) }
}

/// Judges everything asked for; returns the number of documents and of refusals.
fn judge_all(request: &Request) -> Result<(usize, usize), String> {
    let (mut documents, mut refused) = (0, 0);
    for path in &request.paths {
        let is_folder = path.is_dir();
        let files = if is_folder { xml_files(path)? } else { vec![path.clone()] };
        let mut cases = files.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        if is_folder && request.with_chain {
            add_chain_findings(&mut cases);
        }
        documents += cases.len();
        refused += cases.iter().filter(|case| !case.verdict.findings.is_empty()).count();
        cases.iter().for_each(report);
    }
    Ok((documents, refused))
}

/// The `*.xml` files of a folder, by name. A folder without any is a mistake of
/// the caller and must not pass as "nothing refused".
fn xml_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "xml") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(format!("{}: no *.xml file in it", folder.display())) } else { Ok(files) }
}

/// Reads and judges one file. A file that cannot be read is wrong use; bytes
/// that are not UTF-8 are a refused document.
fn open(path: PathBuf) -> Result<Case, String> {
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(match String::from_utf8(bytes) {
        Ok(xml) => Case { verdict: judge(&xml), path, xml },
        Err(error) => {
            let findings = vec![format!("parse: not UTF-8: {error}")];
            Case { path, xml: String::new(), verdict: Verdict { place: None, findings } }
        }
    })
}

fn add_chain_findings(cases: &mut [Case]) {
    let links: Vec<Link<'_>> = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| {
            let place = case.verdict.place.as_ref()?;
            Some(Link { index, xml: &case.xml, place })
        })
        .collect();
    for (index, finding) in chain::check(&links) {
        if let Some(case) = cases.get_mut(index) {
            case.verdict.findings.push(finding);
        }
    }
}

/// Findings of a refused document, one line each; nothing for an accepted one.
fn report(case: &Case) {
    for finding in &case.verdict.findings {
        println!("{}: {}", case.path.display(), finding.replace('\n', " "));
    }
}
