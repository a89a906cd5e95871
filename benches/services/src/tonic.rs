//! gRPC over a Unix socket, by tonic: what `protoc` would generate, written out.

use crate::subject::{Echo, Outcome};
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Both the question and the answer.
#[derive(Clone, PartialEq, prost::Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

fn method() -> PathAndQuery {
    PathAndQuery::from_static("/bench.Echo/Echo")
}

#[derive(Clone)]
struct EchoService;

impl NamedService for EchoService {
    const NAME: &'static str = "bench.Echo";
}

impl UnaryService<Text> for EchoService {
    type Response = Text;
    type Future = Ready<Result<Response<Text>, Status>>;

    fn call(&mut self, request: Request<Text>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}

impl Service<http::Request<Body>> for EchoService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Text, Text>::default());
            Ok(grpc.unary(Self, request).await)
        })
    }
}

/// Which threads a runtime has.
#[derive(Clone, Copy)]
pub(crate) enum Threads {
    /// One per core, as `#[tokio::main]` makes it.
    Many,
    /// The one that waits.
    One,
}

impl Threads {
    fn runtime(self) -> Outcome<Runtime> {
        Ok(match self {
            Self::Many => Runtime::new()?,
            Self::One => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        })
    }
}

/// Serves until the process ends.
pub(crate) fn serve(path: &Path, threads: Threads, ready: impl FnOnce()) -> Outcome<()> {
    let runtime = threads.runtime()?;
    runtime.block_on(async {
        let listener = UnixListener::bind(path)?;
        ready();
        let incoming = UnixListenerStream::new(listener);
        Ok(Server::builder().add_service(EchoService).serve_with_incoming(incoming).await?)
    })
}

/// One client with its own runtime.
pub(crate) struct Client {
    runtime: Runtime,
    grpc: Grpc<Channel>,
}

impl Client {
    pub(crate) fn connect(path: &Path, threads: Threads) -> Outcome<Self> {
        let runtime = threads.runtime()?;
        let path = PathBuf::from(path);
        let channel = runtime.block_on(async {
            let connector = service_fn(move |_| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            });
            // The address is not looked at.
            Endpoint::from_static("http://localhost").connect_with_connector(connector).await
        })?;
        Ok(Self { runtime, grpc: Grpc::new(channel) })
    }
}

impl Echo for Client {
    fn echo(&mut self, text: &str) -> Outcome<String> {
        let Self { runtime, grpc } = self;
        let answer = runtime.block_on(async {
            grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let question = Request::new(Text { text: text.to_owned() });
            grpc.unary(question, method(), ProstCodec::<Text, Text>::default()).await
        });
        Ok(answer?.into_inner().text)
    }
}
