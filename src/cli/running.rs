//! A running gateway, asked over its control socket.

use super::{Context, Exit, Failure, Printed};
use crate::{
    config::Config,
    gate::control::{self, Command, ControlError, Reply},
};
use std::future::Future;

/// Waits for something on a runtime of its own: commands are not services.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => Ok(runtime.block_on(future)),
        Err(e) => Err(Failure::new(Exit::Unavailable, format!("the system gives no event queue: {e}"))),
    }
}

/// What the gateway answers; `None` when none is running. `refused` is how the process ends when it said no.
pub(super) fn ask(config: &Config, command: &Command, refused: Exit) -> Result<Option<Printed>, Failure> {
    match wait(control::call(&config.control_socket(), command))? {
        Ok(Reply::Done { text, data }) => Ok(Some(Printed::done(text, data))),
        Ok(Reply::Refused { text }) => Err(Failure::new(refused, text)),
        Ok(Reply::Invalid { text }) => {
            let text = format!("the gateway did not understand: is it of another version? {text}");
            Err(Failure::new(Exit::Unavailable, text))
        }
        Err(ControlError::NotRunning(_)) => Ok(None),
        Err(error) => Err(Failure::new(Exit::Unavailable, error.to_string())),
    }
}

/// What the gateway answers, where only a running one can.
pub(super) fn must(context: &Context, command: &Command, refused: Exit, mend: &str) -> Result<Printed, Failure> {
    let config = context.load()?;
    ask(&config, command, refused)?.ok_or_else(|| {
        let home = config.home.display();
        Failure::new(Exit::Unavailable, format!("no gateway is running in {home}\n  mend: {mend}"))
    })
}
