use crate::subject::Outcome;

pub(crate) const BEGIN: &str = "<!-- peers -->";
pub(crate) const END: &str = "<!-- /peers -->";

/// `text` with `section` between its two markers, in place of what was there.
pub(crate) fn with_section(text: &str, section: &str) -> Outcome<String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| format!("has no {BEGIN} followed by {END}"))?;
    Ok(format!("{before}{}{after}", marked(section)))
}

/// `section` between the markers.
pub(crate) fn marked(section: &str) -> String {
    format!("{BEGIN}\n{}\n{END}", section.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes_and_it_can_change_again() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let once = with_section(&text, "new\n").unwrap();
        assert_eq!(once, format!("before\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert_eq!(with_section(&once, "new\n").unwrap(), once);
        assert!(with_section("no markers", "new").is_err());
        assert!(with_section(&format!("{END}{BEGIN}"), "new").is_err());
    }
}
