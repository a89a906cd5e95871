//! Exceptions of COM: what faults become, and what exceptions mean.

use crate::com::trouble::{self, BUSY, TOO_LARGE, UNREADABLE};
use samebox_core::typed::{Failure, Fault, FaultCode, Origin};
use samebox_core::{Endpoint, ErrorKind, Operation};
use samebox_sys::windows::com::{self, Exception};

/// A fault of the service's own making, and one of the caller's: codes that belong to the interface.
const OF_RECEIVER: i32 = 0x8004_0200_u32 as i32;
const OF_SENDER: i32 = 0x8004_0201_u32 as i32;
/// `DISP_E_BADPARAMCOUNT`: the method takes fewer.
const BAD_COUNT: i32 = 0x8002_000E_u32 as i32;
/// `DISP_E_PARAMNOTFOUND`: the method takes no parameter of that name.
const NO_PARAMETER: i32 = 0x8002_0004_u32 as i32;
/// `DISP_E_MEMBERNOTFOUND` and `DISP_E_UNKNOWNNAME`: there is no such method.
const NO_MEMBER: i32 = 0x8002_0003_u32 as i32;
const NO_NAME: i32 = 0x8002_0006_u32 as i32;

/// What a caller is told of a fault: the reason as its description, the code as its source.
///
/// A detail has no place in it.
pub(super) fn exception(endpoint: &Endpoint, fault: &Fault) -> Exception {
    let code = match fault.origin {
        Origin::Sender => OF_SENDER,
        Origin::Receiver => OF_RECEIVER,
    };
    let name = fault.code.as_ref().map(|code| code.name.as_str());
    let source = name.unwrap_or(endpoint.name()).into();
    Exception { code, source, description: fault.reason.clone() }
}

/// What a caller is told whose arguments cannot be read.
pub(super) fn unreadable(endpoint: &Endpoint, why: String) -> Exception {
    trouble::exception(endpoint, UNREADABLE, why)
}

/// What a failed call means: a fault of the service, or that the call did not cross.
pub(super) fn failure(endpoint: &Endpoint, operation: &str, failure: com::Failure) -> Failure {
    if let Some(told) = &failure.exception
        && ![BUSY, TOO_LARGE, UNREADABLE].contains(&told.code)
    {
        return Failure::Fault(fault(endpoint, told));
    }
    let is_mismatch = [BAD_COUNT, NO_PARAMETER, NO_MEMBER, NO_NAME].contains(&failure.code);
    if is_mismatch && failure.exception.is_none() {
        let why = format!("the object does not have {operation} so");
        let error = endpoint.error(ErrorKind::Mismatch, Operation::Call, why);
        let advice = "check that both sides have the same contract and the same name";
        return Failure::Error(error.with_advice(advice).with_source(failure));
    }
    Failure::Error(trouble::error(endpoint, Operation::Call, failure))
}

fn fault(endpoint: &Endpoint, told: &Exception) -> Fault {
    let origin = if told.code == OF_SENDER { Origin::Sender } else { Origin::Receiver };
    let has_code = [OF_SENDER, OF_RECEIVER].contains(&told.code)
        && !told.source.eq_ignore_ascii_case(endpoint.name());
    let name = || FaultCode { namespace: String::new(), name: told.source.clone() };
    let code = has_code.then(|| Box::new(name()));
    let reason = match told.description.as_str() {
        "" => format!("the object failed with 0x{:08X}", told.code),
        words => words.into(),
    };
    Fault { origin, code, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "object:Orders.Desk".parse().unwrap()
    }

    fn came(exception: Exception) -> Failure {
        let failed = com::Failure { code: exception.code, exception: Some(exception) };
        failure(&endpoint(), "Sign", failed)
    }

    #[test]
    fn faults_come_back_from_the_exceptions_that_they_become() {
        let coded = Some(Box::new(FaultCode { namespace: String::new(), name: "Empty".into() }));
        for origin in [Origin::Sender, Origin::Receiver] {
            for code in [None, coded.clone()] {
                let fault = Fault { origin, code, reason: "words".into() };
                match came(exception(&endpoint(), &fault)) {
                    Failure::Fault(back) => assert_eq!(back, fault),
                    Failure::Error(error) => panic!("{error}"),
                }
            }
        }
    }

    #[test]
    fn exceptions_of_other_programs_are_faults_with_their_words() {
        let told = Exception { code: 5, source: "VB".into(), description: "no paper".into() };
        let Failure::Fault(fault) = came(told) else { panic!("no fault") };
        assert_eq!((fault.reason.as_str(), fault.code), ("no paper", None));
    }

    #[test]
    fn what_did_not_cross_is_no_fault() {
        let kind = |failure| match failure {
            Failure::Error(error) => error.kind(),
            Failure::Fault(fault) => panic!("{fault}"),
        };
        assert_eq!(kind(came(unreadable(&endpoint(), "text".into()))), ErrorKind::Malformed);
        let plain = |code| failure(&endpoint(), "Sign", com::Failure::new(code));
        assert_eq!(kind(plain(BAD_COUNT)), ErrorKind::Mismatch);
        assert_eq!(kind(plain(NO_NAME)), ErrorKind::Mismatch);
    }
}
