use samebox_core::{Endpoint, ErrorKind, Operation as Doing, Result};
use samebox_data::{Contract, Operation};
use samebox_sys::windows::com::Member;

/// The number of the first operation; the others follow in order.
const FIRST: i32 = 1;

/// Refuses a contract that COM cannot carry.
///
/// # Errors
/// `Unsupported`, saying why.
pub(super) fn check(endpoint: &Endpoint, contract: &Contract, doing: Doing) -> Result<()> {
    let refused = |why: String, advice: &str| {
        let why = format!("COM cannot carry {}: {why}", contract.name);
        Err(endpoint.error(ErrorKind::Unsupported, doing, why).with_advice(advice))
    };
    if let Some(callback) = contract.callback {
        let why = format!("a COM object cannot call its client back, as {} wants", callback.name);
        return refused(why, "use pipe: or net.tcp:, or let the client ask");
    }
    if contract.operations.is_empty() {
        return refused("it has no operations".into(), "add one");
    }
    for (place, operation) in contract.operations.iter().enumerate() {
        let is_same = |other: &Operation| other.name.eq_ignore_ascii_case(&operation.name);
        if let Some(other) = contract.operations[..place].iter().find(|other| is_same(other)) {
            let why = format!("{} and {} differ in case alone", other.name, operation.name);
            return refused(why, "rename one of them");
        }
    }
    Ok(())
}

/// The member that tells which contract an object serves, for clients of samebox.
pub(super) const CONTRACT: &str = "samebox_contract";
/// Its number.
pub(super) const CONTRACT_ID: i32 = 0x7FFF_0000;

/// What that member tells: the contract's name and version.
pub(super) fn described(contract: &Contract) -> String {
    format!("{} {}", contract.name, contract.version)
}

/// The operations as members of an object.
pub(super) fn members(contract: &Contract) -> Vec<Member> {
    let member = |(id, operation): (i32, &Operation)| Member {
        name: operation.name.to_string(),
        id,
        parameters: operation.parameters.iter().map(|one| one.name.to_string()).collect(),
    };
    let about = Member { name: CONTRACT.into(), id: CONTRACT_ID, parameters: Vec::new() };
    (FIRST..).zip(contract.operations.iter()).map(member).chain([about]).collect()
}

/// The operation of a member, and its place.
pub(super) fn operation(contract: &Contract, member: i32) -> Option<(usize, &Operation)> {
    let place = usize::try_from(member.checked_sub(FIRST)?).ok()?;
    contract.operations.get(place).map(|operation| (place, operation))
}
