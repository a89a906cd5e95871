//! How Rust's names become those of .NET.

/// `late_fee` as `LateFee`; a raw identifier without its `r#`.
pub(crate) fn pascal(name: &str) -> String {
    let words = name.trim_start_matches("r#").split('_');
    words.map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_methods_become_members_of_dotnet() {
        let names = [("late_fee", "LateFee"), ("id", "Id"), ("r#type", "Type"), ("a_1", "A1")];
        for (rust, dotnet) in names {
            assert_eq!(pascal(rust), dotnet);
        }
    }
}
