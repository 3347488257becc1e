//! What waits for somebody: breaches, concerns, emergencies, messages, stops.

use super::{Alarm, Weight, many};
use crate::panel::{
    Panel, breaches,
    concerns::{self, Waiting},
    days::moment,
    notify,
    pages::emergencies,
    stops,
    wrong::Wrong,
};

/// Breaches of which something is left to do. For panel members alone.
pub(super) async fn breaches(panel: &Panel) -> Result<Vec<Alarm>, Wrong> {
    let open = breaches::open(panel).await?;
    let now = panel.now();
    Ok(open.iter().map(|breach| of_breach(breach, now)).collect())
}

fn of_breach(breach: &breaches::Open, now: jiff::Timestamp) -> Alarm {
    let steps = |steps: &[breaches::Step]| steps.iter().map(|step| step.label()).collect::<Vec<_>>().join("; ");
    let number = breach.number;
    let (weight, said) = match breach.regulator_by {
        Some(by) if by < now => {
            let by = moment(by);
            (Weight::Alarm, format!("The 72 hours to tell the regulator of breach {number} ended at {by}."))
        }
        Some(by) => {
            let by = moment(by);
            (Weight::Alarm, format!("The regulator hears of breach {number} by {by}, or it is written down why not."))
        }
        None if breach.overdue.is_empty() => {
            (Weight::Warning, format!("Breach {number} is open. Left to do: {}.", steps(&breach.left)))
        }
        None => (Weight::Alarm, format!("Breach {number} is open.")),
    };
    let late = if breach.overdue.is_empty() { String::new() } else { format!(" Overdue: {}.", steps(&breach.overdue)) };
    Alarm::new(weight, said + &late, "/breaches")
}

/// Concerns that nobody answered, or whose text is gone. For panel members alone.
pub(super) async fn concerns(panel: &Panel) -> Result<Vec<Alarm>, Wrong> {
    let Waiting { unanswered, missing } = concerns::waiting(panel).await?;
    let mut found = Vec::new();
    if let Some(missing) = some(missing) {
        let said = format!(
            "The record book knows of {} that is not here any more. Somebody removed it, or an older copy of the panel’s \
             store was put back. Ask who.",
            many(missing, "text of a concern", "texts of concerns")
        );
        found.push(Alarm::new(Weight::Alarm, said, "/concerns"));
    }
    if let Some(unanswered) = some(unanswered) {
        let said = format!("{} for an answer.", many(unanswered, "concern waits", "concerns wait"));
        found.push(Alarm::new(Weight::Warning, said, "/concerns"));
    }
    Ok(found)
}

fn some(n: i64) -> Option<u64> {
    u64::try_from(n).ok().filter(|n| *n > 0)
}

/// Emergencies that nobody reviewed.
pub(super) async fn emergencies(panel: &Panel) -> Result<Option<Alarm>, Wrong> {
    let emergencies::Open { waiting, overdue } = emergencies::open(panel).await?;
    let said = format!(
        "{} not reviewed yet. A review is due within 72 hours.{}",
        many(waiting, "emergency disclosure is", "emergency disclosures are"),
        if overdue == 0 { String::new() } else { format!(" {overdue} of them: more than 72 hours ago.") }
    );
    let weight = if overdue == 0 { Weight::Warning } else { Weight::Alarm };
    Ok((waiting > 0).then(|| Alarm::new(weight, said, "/emergencies")))
}

/// Nobody is told of anything: whoever relies on being told does not know that they are not.
pub(super) fn nobody_told(panel: &Panel) -> Option<Alarm> {
    let said = "Nobody is told of anything by mail or another message: a stop, a concern or an attempt to reach the Home \
                Office is seen when somebody looks here, and not before. Your IT team can set that up.";
    panel.told.get().is_none().then(|| Alarm::new(Weight::Alarm, said, "/messages"))
}

/// Messages that did not arrive: whoever should have heard of an alarm did not.
pub(super) async fn messages(panel: &Panel) -> Result<Vec<Alarm>, Wrong> {
    let stuck = notify::stuck(panel).await?;
    Ok(lost(stuck).into_iter().chain(delayed(stuck)).collect())
}

fn lost(stuck: notify::Stuck) -> Option<Alarm> {
    let said = format!(
        "{} for somebody who is told no more, and nobody else is told of such things. Nobody may have heard of an alarm.",
        many(stuck.lost, "message waited", "messages waited")
    );
    (stuck.lost > 0).then(|| Alarm::new(Weight::Alarm, said, "/messages"))
}

fn delayed(notify::Stuck { given_up, late, .. }: notify::Stuck) -> Option<Alarm> {
    let tried = match late {
        0 => String::new(),
        _ => format!(" {} been tried for more than an hour.", many(late, "message has", "messages have")),
    };
    match (given_up, late) {
        (0, 0) => None,
        (0, _) => Some(Alarm::new(Weight::Warning, format!("Messages are late.{tried}"), "/messages")),
        (given_up, _) => {
            let said = format!(
                "{} could not be delivered for three days and will not be tried again by itself. Somebody may not have \
                 heard of an alarm.{tried}",
                many(given_up, "message", "messages")
            );
            Some(Alarm::new(Weight::Alarm, said, "/messages"))
        }
    }
}

/// Stops in force, and those whose answer is overdue.
pub(super) async fn stops(panel: &Panel) -> Result<Vec<Alarm>, Wrong> {
    let count = panel.ledger().view().stops().count() as u64;
    let overdue = stops::overdue(panel).await? as u64;
    let mut found = Vec::new();
    if overdue > 0 {
        let said = format!(
            "{} waited longer than a working day for the panel’s answer. Whoever placed it was promised one.",
            many(overdue, "stop has", "stops have")
        );
        found.push(Alarm::new(Weight::Alarm, said, "/stops"));
    }
    if count > 0 {
        let said = format!(
            "{} in force (“down tools”). The panel answers within a working day.",
            many(count, "stop is", "stops are")
        );
        found.push(Alarm::new(Weight::Warning, said, "/stops"));
    }
    Ok(found)
}
