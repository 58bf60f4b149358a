"""`linli sandbox`: WeChat's side, for trials and for integrators."""

import click

from app.sandbox.options import SandboxOptions
from app.sandbox.serve import serve
from config.settings import Settings


@click.command()
@click.option("--port", type=int, help="Default: LINLI_SANDBOX_PORT, 8010.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--push-url", help="Where to push; default: the webhook at LINLI_BASE_URL.")
@click.option("--latency-ms", default=0, help="Delay of every answer of the platform.")
def sandbox(port: int | None, host: str, push_url: str | None, latency_ms: int) -> None:
    """Play the WeChat platform, with a chat page at /.

    App id, secret, token and key are those of LINLI_WECHAT_...; point LINLI_WECHAT_API_BASE
    of the product at this server.
    """
    settings = Settings()
    if not settings.has_credentials:
        raise click.ClickException(
            "set LINLI_WECHAT_APP_ID, LINLI_WECHAT_SECRET and LINLI_WECHAT_TOKEN to what the "
            "product uses; any values will do, they only have to be the same"
        )
    options = SandboxOptions(
        app_id=settings.wechat_app_id,
        secret=settings.wechat_secret,
        token=settings.wechat_token,
        aes_key=settings.wechat_aes_key,
        mode=settings.wechat_mode,
        push_url=push_url or f"{settings.base_url}/wechat/main",
        web_url=settings.base_url,
        mini_app_id=settings.mini_app_id,
        mini_secret=settings.mini_secret,
        mini_token=settings.mini_token,
        mini_aes_key=settings.mini_aes_key,
        mini_push_url=f"{settings.base_url}/wechat/mini" if settings.mini_token else "",
        latency_ms=latency_ms,
    )
    try:
        serve(options, port or settings.sandbox_port, host)
    except OSError as taken:
        raise click.ClickException(f"port {port or settings.sandbox_port} is taken") from taken
