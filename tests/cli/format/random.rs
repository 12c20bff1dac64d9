//! Generates random configurations: all syntax of the language, with any allowed spaces and line breaks.

use std::fmt::Write as _;

use fastrand::Rng;

/// A random file. The same seed generates the same file.
pub fn file(seed: u64) -> String {
    let mut generator = Generator {
        random: Rng::with_seed(seed),
        text: String::new(),
        attributes: 0,
    };
    for _ in 0..generator.random.usize(1..6) {
        generator.item(0, true);
    }
    let mut text = generator.text;
    match seed % 16 {
        0 => text = text.replace('\n', "\r\n"),
        1 => text.truncate(text.trim_end().len()),
        2 => text.insert(0, '\n'),
        _ => {}
    }
    text
}

struct Generator {
    random: Rng,
    text: String,
    /// The number of attributes, used to make their names unique.
    attributes: usize,
}

const NAMES: [&str; 8] = [
    "a",
    "name",
    "longer_name",
    "x-1",
    "for_each",
    "in",
    "größe",
    "type",
];
const BLOCKS: [&str; 6] = [
    "resource",
    "variable",
    "locals",
    "dynamic",
    "terraform",
    "content",
];
const COMMENTS: [&str; 3] = ["#", "# two  words", "//\tslashes"];
const TYPES: [&str; 11] = [
    "\"string\"",
    "\"set\"",
    "\"list\"",
    "\"map\"",
    "\"number\"",
    "list",
    "map",
    "set",
    "string",
    "any",
    "object({ a=list(string) })",
];
const OPERATORS: [&str; 9] = ["+", "-", "*", "/", "%", "==", ">=", "&&", "||"];

impl Generator {
    fn one_in(&mut self, count: usize) -> bool {
        self.random.usize(0..count) == 0
    }

    fn any(&mut self, choices: &[&str]) {
        let index = self.random.usize(0..choices.len());
        self.text.push_str(choices[index]);
    }

    /// Optional spaces.
    fn gap(&mut self) {
        self.any(&["", "", " ", " ", "   ", "\t"]);
        if self.one_in(60) {
            self.any(&["/**/", " /* between */ "]);
        }
    }

    fn newline(&mut self) {
        self.any(&["\n", "\n", "\n", "\n\n", "  \n", "\n\n\n"]);
    }

    /// The end of a line inside brackets, sometimes with a comment.
    fn end_of_line(&mut self) {
        self.gap();
        if self.one_in(5) {
            self.any(&COMMENTS);
        }
        self.newline();
        self.gap();
    }

    /// An optional newline.
    fn maybe_newline(&mut self, lines: bool) {
        if lines { self.end_of_line() } else { self.gap() }
    }

    fn item(&mut self, depth: usize, at_top: bool) {
        self.gap();
        match self.random.usize(0..10) {
            0 => {
                self.any(&COMMENTS);
                self.newline();
            }
            1 => {
                self.any(&["/* one line */", "/* two\n  lines */", "/**/"]);
                self.newline();
            }
            2..=4 if depth < 3 => self.block(depth),
            _ if at_top && self.one_in(2) => self.block(depth),
            _ => {
                self.attribute(depth);
                self.gap();
                if self.one_in(4) {
                    self.any(&COMMENTS);
                }
                self.newline();
            }
        }
    }

    fn attribute(&mut self, depth: usize) {
        self.attributes += 1;
        let is_type = self.one_in(10);
        if is_type {
            self.text.push_str("type");
        } else {
            self.any(&NAMES);
            let _ = write!(self.text, "{}", self.attributes);
        }
        self.gap();
        self.text.push('=');
        self.gap();
        if self.one_in(12) {
            self.heredoc();
        } else if is_type && self.one_in(2) {
            self.any(&TYPES);
        } else {
            self.expression(depth);
        }
    }

    fn block(&mut self, depth: usize) {
        self.any(&BLOCKS);
        for _ in 0..self.random.usize(0..3) {
            self.text.push(' ');
            self.gap();
            self.any(&["\"label\"", "label", "\"two words\""]);
        }
        self.gap();
        self.text.push('{');
        match self.random.usize(0..6) {
            0 => self.gap(),
            1 => {
                self.gap();
                self.any(&NAMES);
                self.text.push('=');
                self.atom();
                self.gap();
            }
            _ => {
                self.end_of_line();
                for _ in 0..self.random.usize(0..5) {
                    self.item(depth + 1, false);
                }
                self.gap();
            }
        }
        self.text.push('}');
        self.newline();
    }

    fn atom(&mut self) {
        self.any(&[
            "1",
            "0.5",
            "1e3",
            "-1",
            "- 1",
            "true",
            "null",
            "!a",
            "! a",
            "a",
            "var.x",
            "a.b.c",
            "a[0]",
            "a [ 0 ]",
            "a.*.b",
            "a[*].b",
            "a.0.b",
            "a[\"k\"].b",
            "a[b.c]",
            "\"text\"",
            "\"\"",
            "\"${var.x}\"",
            "\"${ var.x }\"",
            "\"a ${ b }  c\"",
            "\"$${a} %%{b}\"",
            "\"%{ if a }b%{ else }c%{ endif }\"",
            "\"${a}${b}\"",
            "\"${f(\"${a}\")}\"",
            "\"\\\" \\\\ \\u00e9 é\"",
            "f()",
            "f( a )",
            "f(a,b)",
            "f(a...)",
            "f(a ...)",
            "provider::a::f(1)",
            "\"${~ a ~}\"",
            "\"${a}\\n\"",
            "\"${{a=1}.a}\"",
            "-a",
            "-f(1)",
            "a-1",
            "a -1",
            "a - -1",
        ]);
    }

    fn expression(&mut self, depth: usize) {
        if depth > 4 {
            return self.atom();
        }
        match self.random.usize(0..14) {
            0..=4 => self.atom(),
            5 => {
                self.expression(depth + 1);
                self.gap();
                self.any(&OPERATORS);
                self.gap();
                self.expression(depth + 1);
            }
            6 => {
                self.expression(depth + 1);
                self.gap();
                self.text.push('?');
                self.gap();
                self.expression(depth + 1);
                self.gap();
                self.text.push(':');
                self.gap();
                self.expression(depth + 1);
            }
            7 => {
                let lines = self.one_in(2);
                self.text.push('(');
                self.maybe_newline(lines);
                self.expression(depth + 1);
                self.maybe_newline(lines);
                self.text.push(')');
            }
            8 => self.list(depth, "f(", ")"),
            9 | 10 => self.list(depth, "[", "]"),
            11 | 12 => self.object(depth),
            _ => self.comprehension(depth),
        }
    }

    fn list(&mut self, depth: usize, open: &str, close: &str) {
        let lines = self.one_in(2);
        self.text.push_str(open);
        let count = self.random.usize(0..4);
        for index in 0..count {
            self.maybe_newline(lines);
            self.expression(depth + 1);
            self.gap();
            if index + 1 < count || self.one_in(2) {
                self.text.push(',');
            }
        }
        self.maybe_newline(lines);
        self.text.push_str(close);
    }

    fn object(&mut self, depth: usize) {
        let lines = self.one_in(2);
        self.text.push('{');
        let count = self.random.usize(0..4);
        for index in 0..count {
            self.maybe_newline(lines);
            self.any(&["a", "longer", "\"quoted\"", "(var.x)", "\"${a}-b\"", "1"]);
            self.gap();
            self.any(&["=", "=", ":"]);
            self.gap();
            if lines && self.one_in(8) {
                self.heredoc();
            } else {
                self.expression(depth + 1);
                self.gap();
                if (index + 1 < count && !lines) || self.one_in(3) {
                    self.text.push(',');
                }
            }
        }
        self.maybe_newline(lines);
        self.text.push('}');
    }

    fn comprehension(&mut self, depth: usize) {
        let lines = self.one_in(2);
        let is_list = self.one_in(2);
        self.text.push_str(if is_list { "[" } else { "{" });
        self.maybe_newline(lines);
        self.any(&["for k,v in ", "for v in ", "for  k , v  in "]);
        self.expression(depth + 2);
        self.gap();
        self.text.push(':');
        self.maybe_newline(lines);
        if !is_list {
            self.any(&["k=>", "k => ", "upper(k)=>"]);
        }
        self.expression(depth + 2);
        if !is_list && self.one_in(3) {
            self.text.push_str("...");
        }
        if self.one_in(2) {
            self.any(&[" if v", " if  v!=null", " if(v)"]);
        }
        self.maybe_newline(lines);
        self.text.push_str(if is_list { "]" } else { "}" });
    }

    fn heredoc(&mut self) {
        let marker = if self.one_in(2) { "EOT" } else { "-E_1" };
        let _ = writeln!(self.text, "<<{marker}");
        for _ in 0..self.random.usize(0..4) {
            self.any(&[
                "plain\n",
                "   indented  text\n",
                "\n",
                "a ${ b }  c\n",
                "%{ for x in y ~}\n  ${x}\n%{ endfor }\n",
                "$${no} \"quotes\" { [ (\n",
                "${f(\n  1,\n)}\n",
                "# no comment\n",
                "\tEOTX\n",
            ]);
        }
        self.gap();
        let _ = writeln!(self.text, "{}", marker.trim_start_matches('-'));
    }
}
