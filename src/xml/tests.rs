//! What is read, what is refused, and the canonical bytes. The fixtures' forms
//! were written once by another implementation (libxml2).

use super::*;

const MIXED: &[u8] = include_bytes!("fixtures/mixed.xml");

fn refused(document: impl AsRef<[u8]>) -> &'static str {
    match Dom::parse(document.as_ref()) {
        Ok(_) => "accepted",
        Err(error) => error.rule(),
    }
}

fn text_of(document: &str) -> String {
    Dom::parse(document.as_bytes()).unwrap().root().text().into_owned()
}

#[test]
fn the_inclusive_form_leaves_out_what_is_cut_and_keeps_the_text_after_it() {
    let dom = Dom::parse(MIXED).unwrap();
    let form = inclusive(&dom, |node| node.namespace_uri() == "urn:d" && node.name() == "cut").unwrap();
    assert_eq!(form, include_bytes!("fixtures/mixed.inclusive"));
}

#[test]
fn the_exclusive_form_declares_what_names_use() {
    let dom = Dom::parse(MIXED).unwrap();
    assert_eq!(exclusive(dom.root()).unwrap(), include_bytes!("fixtures/mixed.exclusive"));
    let four = dom.root().children().find(|node| node.name() == "four").unwrap();
    assert_eq!(exclusive(four).unwrap(), include_bytes!("fixtures/mixed.four.exclusive"));
}

#[test]
fn a_namespace_without_scheme_has_no_canonical_form() {
    let dom = Dom::parse(b"<r>\n<a xmlns:p='relative'><b/></a></r>").unwrap();
    assert_eq!(inclusive(&dom, |_| false), Err(Uncanonical { line: 2 }));
    assert!(inclusive(&dom, |node| node.name() == "a").is_ok());
    let inner = dom.root().descendants().last().unwrap();
    assert_eq!(exclusive(inner), Err(Uncanonical { line: 2 }));
}

#[test]
fn the_tree_is_what_the_document_says() {
    let dom =
        Dom::parse(b"<a xmlns='urn:x' xmlns:p='urn:y'>\n<p:b k='1'>x<!-- -->y</p:b><b/><b><c/></b></a>")
            .unwrap();
    let root = dom.root();
    let names: Vec<&str> = root.descendants().map(Node::qualified_name).collect();
    assert_eq!(names, ["p:b", "b", "b", "c"]);
    let first = root.children().next().unwrap();
    assert_eq!((first.name(), first.prefix(), first.namespace_uri()), ("b", "p", "urn:y"));
    assert_eq!((first.namespace(), first.line(), first.text()), (Ns::Other, 2, "xy".into()));
    assert_eq!((first.attribute("k"), first.attribute("l")), (Some("1"), None));
    let last = root.descendants().last().unwrap();
    assert_eq!(last.path(), "/a/b[2]/c");
    assert_eq!(last.parent().and_then(|node| node.parent()), Some(root));
    assert!(last.is_within(root) && !root.is_within(last) && !last.is_within(first));
    assert_eq!(
        (last.resolve("p"), last.resolve(""), last.resolve("q")),
        (Some("urn:y"), Some("urn:x"), None)
    );
    assert_eq!((root.string(), root.leading_text(), first.leading_text()), ("\nxy".into(), "\n", "x"));
}

#[test]
fn values_are_normalised_as_the_specification_says() {
    assert_eq!(
        text_of("<a>1\r\n2\r3&#13;4<![CDATA[&amp;\r]]>&lt;&#x41;&#x0000000010FFFF;</a>"),
        "1\n2\n3\r4&amp;\n<A\u{10FFFF}"
    );
    let dom = Dom::parse(b"<a b='1\r\n2\t3&#10;4&quot;'/>").unwrap();
    assert_eq!(dom.root().attribute("b"), Some("1 2 3\n4\""));
}

#[test]
fn every_well_known_slip_is_refused() {
    let slips = [
        "",
        " ",
        "<",
        "x<a/>",
        "<a/>x",
        "<a/><b/>",
        "<a>",
        "<a></b>",
        "<a></a",
        "</a>",
        "< a/>",
        "<a / >",
        "<a/>&#32;",
        "<a b=1/>",
        "<a b/>",
        "<a b='1'c='2'/>",
        "<a b='<'/>",
        "<a b='1' b='2'/>",
        "<a b='1/>",
        "<a></a b='1'>",
        "<a xmlns:x='urn:x' xmlns:y='urn:x' x:b='' y:b=''/>",
        "<a xmlns:x='u:1' xmlns:x='u:1'/>",
        "<p:a/>",
        "<a p:b=''/>",
        "<a:b:c xmlns:a='urn:x'/>",
        "<:a/>",
        "<a:/>",
        "<xmlns:a/>",
        "<a xmlns:p=''/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:p=' urn:x '/>",
        "<a xml:id='1'/>",
        "<a xml:id='x'><b xml:id='x'/></a>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- x---></a>",
        "<a><!-- </a>",
        "<a><![CDATA[</a>",
        "<a><![cdata[x]]></a>",
        "<![CDATA[x]]><a/>",
        "<a>&amp</a>",
        "<a>&</a>",
        "<a>&x;</a>",
        "<a>&AMP;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#x110000;</a>",
        "<a>&#XA;</a>",
        "<a>&#;</a>",
        "<a>&#99999999999999999999;</a>",
        "<a>\u{1}</a>",
        "<a>\0</a>",
        "<a>\u{FFFE}</a>",
        "<a b='\u{FFFF}'/>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?XML version='1.0'?><a/>",
        "<a><?p:q r?></a>",
        "<a><?b??></a>",
        "<a><? b?></a>",
        "<a><?b",
        "<?xml?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='2.0'?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<1/>",
        "<-a/>",
        "<\u{20AC}/>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
        "<?xml version='1.0'encoding='UTF-8'?><a/>",
        "<?xml version='1.0' encoding=''?><a/>",
        "<?xml version='1.0' encoding='US-ASCII'?><a>\u{E9}</a>",
        "<a><!DOCTYPE a></a>",
        "<a><b></a></b>",
        "<a\u{A0}b='1'/>",
        "<a \u{C} b='1'/>",
    ];
    for slip in slips {
        assert_eq!(refused(slip), "XML-WELLFORMED", "{slip:?}");
    }
}

#[test]
fn unusual_but_correct_documents_are_read() {
    let fine = [
        "<?xml version = '1.0' ?><a/>",
        "<?xml version='1.1'?><a/>",
        "\n<a/>\r",
        "<a></a\n>",
        "<a\tb = '1'\r\n/>",
        "<xml:a/>",
        "<?xml version='1.0' encoding='us-ascii' standalone='no' ?><a/>",
        "<!-- --><?p q?><a/><?p?><!-- -->",
        "<a xmlns=''/>",
        "<a b='>]]>'/>",
        "<a><!----><!---> --></a>",
        "<a><![CDATA[]]]]></a>",
        "<a><?xml-x y??></a>",
        "<\u{627}\u{644}\u{641}/>",
        "<a\u{B7}/>",
        "<a xmlns='u:x' xmlns:p='u:x' b='' p:b=''/>",
        "<a>\u{85}\u{1FFFE}</a>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:id=' x '/>",
    ];
    for document in fine {
        assert_eq!(refused(document), "accepted", "{document:?}");
    }
}

#[test]
fn other_encodings_are_refused_and_a_byte_order_mark_is_noted() {
    let wide: Vec<u8> = "\u{FEFF}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&wide), "XML-ENCODING");
    assert_eq!(refused(&wide[2..]), "XML-ENCODING");
    assert_eq!(refused(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>"), "XML-ENCODING");
    assert_eq!(refused("<?xml version='1.0' encoding='windows-1256'?><a/>"), "XML-ENCODING");
    for broken in [
        &b"<a>\xFF</a>"[..],
        b"<a>\xC0\x80</a>",
        b"<a>\xED\xA0\x80</a>",
        b"<a>\xE2\x82</a>",
        b"<!--\xFF--><a/>",
    ] {
        assert_eq!(refused(broken), "XML-WELLFORMED");
    }
    assert!(Dom::parse("\u{FEFF}<a/>".as_bytes()).unwrap().has_byte_order_mark());
    assert!(!Dom::parse(b"<a/>").unwrap().has_byte_order_mark());
    assert_eq!(refused("\u{FEFF}\u{FEFF}<a/>"), "XML-WELLFORMED");
}

#[test]
fn an_entity_bomb_does_not_go_off() {
    let mut bomb = "<!DOCTYPE a [<!ENTITY e0 'boom'>".to_owned();
    for level in 1..20 {
        bomb += &format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10));
    }
    assert_eq!(refused(format!("{bomb}]><a>&e19;</a>")), "XML-DOCTYPE");
    assert_eq!(refused("<!-- --><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), "XML-DOCTYPE");
}

#[test]
fn bounds_hold() {
    assert_eq!(refused("<a>".repeat(100_000)), "XML-DEPTH");
    assert_eq!(refused("<a>".repeat(MAX_DEPTH) + &"</a>".repeat(MAX_DEPTH)), "accepted");
    assert_eq!(refused("<a>".repeat(MAX_DEPTH + 1) + &"</a>".repeat(MAX_DEPTH + 1)), "XML-DEPTH");
    assert_eq!(refused(vec![b' '; MAX_BYTES + 1]), "XML-SIZE");
    assert_eq!(refused(format!("<a>{}</a>", "<b/>".repeat(MAX_NODES))), "XML-SIZE");
    let attributes = |many: usize| (0..many).map(|number| format!(" a{number}=''")).collect::<String>();
    assert_eq!(refused(format!("<a{}/>", attributes(MAX_ATTRIBUTES))), "accepted");
    assert_eq!(refused(format!("<a{}/>", attributes(MAX_ATTRIBUTES + 1))), "XML-SIZE");
    assert_eq!(refused(format!("<{}/>", "é".repeat(MAX_NAME))), "accepted");
    assert_eq!(refused(format!("<{}/>", "é".repeat(MAX_NAME + 1))), "XML-SIZE");
    assert_eq!(refused(format!("<a>{}</a>", "&amp;".repeat(MAX_ENTITIES + 1))), "XML-SIZE");
    assert_eq!(refused(format!("<a b='{}'/>", "x".repeat(MAX_BYTES - 20))), "accepted");
}

#[test]
fn cutting_a_document_short_or_changing_a_byte_never_panics() {
    for end in 0..MIXED.len() {
        let _ = Dom::parse(&MIXED[..end]);
        for byte in [b'<', b'&', b'"', 0xFF, b':', b'\r'] {
            let mut changed = MIXED.to_vec();
            changed[end] = byte;
            if let Ok(dom) = Dom::parse(&changed) {
                let _ = inclusive(&dom, |_| false);
                let _ = exclusive(dom.root());
            }
        }
    }
}

#[test]
fn a_fault_names_its_line_in_both_languages() {
    let error = Dom::parse(b"<a>\n\n<b></c></a>").unwrap_err();
    assert_eq!((error.rule(), error.line), ("XML-WELLFORMED", 3));
    assert_eq!(error.message().en, "</c> stands where </b> is due.");
    assert!(error.message().ar.contains("</b>") && !error.remedy().ar.is_empty());
    assert!(
        Dom::parse(format!("<a {}:b=''/>", "p".repeat(900)).as_bytes()).unwrap_err().message().en.len() < 120
    );
}
