//! One channel's deliveries, one after another. Nothing here waits for another channel.

use super::{
    Told,
    channel::{Channel, To},
    dial::Failure,
    mail,
    outbox::{self, Due},
    webhook,
};
use crate::panel::{Panel, wrong::Wrong};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time};

/// How often a channel looks whether something is due.
const EVERY: Duration = Duration::from_millis(500);
/// How long after a fault of the store.
const FAULT: Duration = Duration::from_secs(5);
/// One delivery by mail, all of it. A webhook has ten seconds.
const MAIL: Duration = Duration::from_secs(60);

/// Delivers until the panel stops.
pub(super) async fn run(panel: Arc<Panel>, told: Arc<Told>, which: usize, mut stop: watch::Receiver<bool>) {
    let Some(channel) = told.channels.get(which) else { return };
    loop {
        let rest = tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            done = round(&panel, &told, channel) => if done.is_ok() { EVERY } else { FAULT },
        };
        tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            () = told.bell.notified() => {}
            () = time::sleep(rest) => {}
        }
    }
}

/// What is due now. Ends early when the way is shut.
async fn round(panel: &Panel, told: &Told, channel: &Channel) -> Result<(), Wrong> {
    let due = outbox::due(panel, &channel.key).await?;
    if due.is_empty() {
        return Ok(());
    }
    for delivery in &due {
        match deliver(panel, told, channel, delivery).await {
            Ok(()) => {
                // It was taken. Until that is written down nothing else is sent: the same message would go again.
                while outbox::delivered(panel, &channel.key, delivery.message).await.is_err() {
                    time::sleep(FAULT).await;
                }
            }
            Err(why) => {
                if is_said(panel, delivery) {
                    tracing::warn!(channel = channel.label, why = why.as_str(), "a message is not delivered");
                }
                outbox::failed(panel, &channel.key, delivery, why).await?;
                if why.of_the_way() {
                    break;
                }
            }
        }
    }
    outbox::show(panel, told).await
}

/// Whether the log says that it failed. Not of the first hour, or its times would say when somebody raised a concern; a
/// test was sent to see what happens.
fn is_said(panel: &Panel, delivery: &Due) -> bool {
    delivery.facts.kind == "test" || panel.passing().duration_since(delivery.since) >= outbox::LATE
}

async fn deliver(panel: &Panel, told: &Told, channel: &Channel, delivery: &Due) -> Result<(), Failure> {
    let id = format!("{}-{}", delivery.id, channel.key);
    let sending = async {
        match &channel.to {
            To::Mail(server, to) => mail::send(panel, &*told.dial, server, to, &id, delivery).await,
            To::Hook(hook) => webhook::send(panel, &*told.dial, hook, &id, delivery).await,
        }
    };
    time::timeout(if channel.is_mail() { MAIL } else { webhook::TIME }, sending).await.unwrap_or(Err(Failure::Timeout))
}
