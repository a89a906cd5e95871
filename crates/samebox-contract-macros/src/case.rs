//! How Rust's names become those of .NET.

/// `late_fee` as `LateFee`; a raw identifier without its `r#`.
pub(crate) fn pascal(name: &str) -> String {
    let words = name.trim_start_matches("r#").split('_');
    words.map(capitalised).collect()
}

/// `order_id` as `orderId`.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.trim_start_matches("r#").split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capitalised(word))
}

/// `Greeter` as `IGreeter`; a name that already has the `I` of an interface as it is.
pub(crate) fn interface(name: &str) -> String {
    let name = name.trim_start_matches("r#");
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some('I'), Some(second)) if second.is_uppercase() => name.to_owned(),
        _ => format!("I{name}"),
    }
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

    #[test]
    fn parameters_begin_with_a_small_letter() {
        let names = [("order_id", "orderId"), ("r#in", "in"), ("_unused", "unused"), ("a", "a")];
        for (rust, dotnet) in names {
            assert_eq!(camel(rust), dotnet);
        }
    }

    #[test]
    fn traits_become_interfaces_once() {
        let names =
            [("Greeter", "IGreeter"), ("IGreeter", "IGreeter"), ("IpcClient", "IIpcClient")];
        for (rust, dotnet) in names {
            assert_eq!(interface(rust), dotnet);
        }
    }
}
