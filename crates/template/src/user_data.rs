//! The headers by which cloud-init recognises user data:
//! <https://docs.cloud-init.io/en/latest/explanation/format.html>.

/// The kinds of user data that matter for further checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format<'a> {
    /// Nothing but white space, which cloud-init ignores.
    Empty,
    /// `#cloud-config`: YAML.
    CloudConfig,
    /// `## template: jinja`: another template, which cloud-init renders. The content is what follows the header.
    Jinja(&'a str),
    /// Another format that cloud-init knows.
    Other,
    /// Nothing that cloud-init knows.
    Unknown,
}

/// The beginnings of formats, in lower case. Where one begins with another, the longer one is first.
const HEADERS: [(&str, Format<'static>); 11] = [
    ("## template: jinja", Format::Jinja("")),
    ("#cloud-config-archive", Format::Other),
    ("#cloud-config-jsonp", Format::Other),
    ("#cloud-config", Format::CloudConfig),
    ("#cloud-boothook", Format::Other),
    ("#include", Format::Other),
    ("#part-handler", Format::Other),
    ("#upstart-job", Format::Other),
    ("#!", Format::Other),
    ("content-type:", Format::Other),
    ("mime-version:", Format::Other),
];

/// Characters within which cloud-init looks for `MIME-Version:`.
const MIME: usize = 4096;

/// The format of user data. Like cloud-init, it ignores leading white space, and upper and lower case.
pub fn format(text: &str) -> Format<'_> {
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return Format::Empty;
    }
    let start: String = trimmed.chars().take(MIME).collect::<String>().to_lowercase();
    let found = HEADERS.iter().find(|(header, _)| start.starts_with(header));
    match found {
        Some((_, Format::Jinja(_))) => Format::Jinja(trimmed.split_once('\n').map_or("", |(_, rest)| rest)),
        Some((_, format)) => *format,
        None if start.contains("mime-version:") => Format::Other,
        None => Format::Unknown,
    }
}

/// Whether a template is the path of a file, such as `web.yaml`.
pub fn is_path(template: &str) -> bool {
    const EXTENSIONS: [&str; 13] = [
        "cfg", "conf", "j2", "jinja", "jinja2", "json", "sh", "template", "tftpl", "tmpl", "tpl", "yaml",
        "yml",
    ];
    let path = template.trim();
    let is_one_word = !path.is_empty() && path.len() < 1024 && !path.contains(char::is_whitespace);
    let extension = path
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase());
    is_one_word
        && !path.contains(['{', '#', ':', '"', '\''])
        && (path.contains('/') || extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_follows_cloud_init() {
        let table = [
            ("", Format::Empty),
            (" \n\t", Format::Empty),
            ("#cloud-config\na: 1", Format::CloudConfig),
            ("\n  #Cloud-Config", Format::CloudConfig),
            ("#cloud-config-archive\n- x", Format::Other),
            ("#cloud-config-jsonp\n[]", Format::Other),
            ("#include-once\nhttps://x", Format::Other),
            ("#!/bin/sh", Format::Other),
            (
                "## template: jinja\n#cloud-config\n",
                Format::Jinja("#cloud-config\n"),
            ),
            ("Content-Type: multipart/mixed; boundary=x", Format::Other),
            ("From x\nMIME-Version: 1.0", Format::Other),
            ("# cloud-config", Format::Unknown),
            ("packages: [nginx]", Format::Unknown),
        ];
        for (text, expected) in table {
            assert_eq!(format(text), expected, "{text}");
        }
    }

    #[test]
    fn is_path_recognises_files() {
        for path in [
            "web.yaml",
            "./web.yaml\n",
            "${path.module}/web",
            "templates/web.yaml.j2",
            "~/web",
            "Web.TPL",
        ] {
            assert_eq!(is_path(path), !path.contains('{'), "{path}");
        }
        for text in [
            "",
            "hello",
            "#!/bin/sh",
            "a: b/c",
            "#include\nhttps://x/y",
            "{{ vars.path }}/web.yaml",
        ] {
            assert!(!is_path(text), "{text}");
        }
    }
}
