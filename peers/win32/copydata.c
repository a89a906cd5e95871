// WM_COPYDATA as a Win32 programmer uses it: a window with a title, and SendMessageTimeout to it.
//
//   copydata receive TITLE ENCODING COUNT      takes COUNT messages and answers TRUE
//   copydata deny TITLE ENCODING COUNT         the same, and answers FALSE, as many programs do
//   copydata hang TITLE                        has a window and never looks at its messages
//   copydata send TITLE ENCODING ID TEXT..     sends each TEXT with its NUL and with dwData ID
//   copydata lie TITLE                         sends what no honest program sends, and prints the answers
//
// ENCODING is utf8 or utf16. A receiver prints "ready" once its window exists, then "got: ID TEXT" per
// message; a NUL at the end is not part of TEXT. Its window is one for messages only, of class IpcCopyData,
// so that no screen is needed. What gets FALSE is an error. All printed text is UTF-8. An error goes to
// stderr with the number of GetLastError and ends with 1.
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1024 * 1024, PATIENCE_MILLISECONDS = 20000, HANG_MILLISECONDS = 60000 };

static BOOL is_utf16;
static LRESULT answer;
static int remaining;

static void fail(const char *what)
{
    fprintf(stderr, "error: %s: %lu\n", what, GetLastError());
    exit(1);
}

static void print_utf16(const wchar_t *text, int length)
{
    static char bytes[LARGEST * 2];
    int written = length ? WideCharToMultiByte(CP_UTF8, 0, text, length, bytes, sizeof bytes, NULL, NULL) : 0;
    if (length && !written) fail("WideCharToMultiByte");
    printf("%.*s\n", written, bytes);
}

static void take(const COPYDATASTRUCT *data)
{
    int length = (int)data->cbData;
    printf("got: %llu ", (unsigned long long)data->dwData);
    if (is_utf16) {
        const wchar_t *text = data->lpData;
        length /= (int)sizeof *text;
        if (length && !text[length - 1]) length--;
        print_utf16(text, length);
    } else {
        const char *text = data->lpData;
        if (length && !text[length - 1]) length--;
        printf("%.*s\n", length, text);
    }
}

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message != WM_COPYDATA) return DefWindowProcW(window, message, wparam, lparam);
    take((const COPYDATASTRUCT *)lparam);
    if (--remaining == 0) PostQuitMessage(0);
    return answer;
}

static void open_window(const wchar_t *title)
{
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"IpcCopyData"};
    if (!RegisterClassW(&class)) fail("RegisterClass");
    if (!CreateWindowW(class.lpszClassName, title, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance, NULL))
        fail("CreateWindow");
    puts("ready");
}

static void receive(const wchar_t *title, int count, LRESULT with)
{
    MSG message;
    answer = with;
    remaining = count;
    open_window(title);
    while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
}

static void hang(const wchar_t *title)
{
    open_window(title);
    Sleep(HANG_MILLISECONDS);
}

static HWND window_of(const wchar_t *title)
{
    HWND window = FindWindowW(NULL, title);
    // Where FindWindow misses windows for messages only.
    if (!window) window = FindWindowExW(HWND_MESSAGE, NULL, NULL, title);
    if (!window) fail("no window has this title");
    return window;
}

static DWORD_PTR copy(HWND window, HWND sender, const COPYDATASTRUCT *data)
{
    DWORD_PTR result = 0;
    if (!SendMessageTimeoutW(window, WM_COPYDATA, (WPARAM)sender, (LPARAM)data, SMTO_ABORTIFHUNG | SMTO_BLOCK,
                             PATIENCE_MILLISECONDS, &result))
        fail("SendMessageTimeout");
    return result;
}

static void send_text(HWND window, ULONG_PTR id, const wchar_t *text)
{
    static char bytes[LARGEST];
    COPYDATASTRUCT data = {id, (DWORD)((wcslen(text) + 1) * sizeof *text), (void *)text};
    if (!is_utf16) {
        int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
        if (!length) fail("WideCharToMultiByte");
        data.cbData = (DWORD)length;
        data.lpData = bytes;
    }
    if (copy(window, NULL, &data) != TRUE) fail("the receiver answered FALSE");
}

static void lie(const wchar_t *title)
{
    static char large[LARGEST + LARGEST / 2];
    HWND window = window_of(title);
    COPYDATASTRUCT too_large = {0, sizeof large, large}, broken = {0, 2, "a\xC3"};
    printf("1.5 MiB: %llu\n", (unsigned long long)copy(window, NULL, &too_large));
    printf("half a character: %llu\n", (unsigned long long)copy(window, GetDesktopWindow(), &broken));
    // Whoever passes these on to DefWindowProc loses the window, or its title.
    SendNotifyMessageW(window, WM_CLOSE, 0, 0);
    SendNotifyMessageW(window, WM_DESTROY, 0, 0);
    SendNotifyMessageW(window, WM_NCDESTROY, 0, 0);
    PostMessageW(window, WM_QUIT, 0, 0);
    PostMessageW(window, WM_CLOSE, 0, 0);
    PostThreadMessageW(GetWindowThreadProcessId(window, NULL), WM_QUIT, 0, 0);
    for (int i = 0; i < 10000; i++) PostMessageW(window, WM_USER, 0, 0);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *mode = argc > 2 ? argv[1] : L"";
    const wchar_t *title = argc > 2 ? argv[2] : L"";
    is_utf16 = argc > 3 && !wcscmp(argv[3], L"utf16");
    // Whoever started this reads a pipe, and wants each line at once and without a carriage return.
    setvbuf(stdout, NULL, _IONBF, 0);
    _setmode(_fileno(stdout), _O_BINARY);

    if (!wcscmp(mode, L"receive") && argc == 5) receive(title, _wtoi(argv[4]), TRUE);
    else if (!wcscmp(mode, L"deny") && argc == 5) receive(title, _wtoi(argv[4]), FALSE);
    else if (!wcscmp(mode, L"hang")) hang(title);
    else if (!wcscmp(mode, L"lie")) lie(title);
    else if (!wcscmp(mode, L"send") && argc > 5)
        for (int i = 5; i < argc; i++) send_text(window_of(title), wcstoul(argv[4], NULL, 0), argv[i]);
    else {
        fputs("usage: copydata MODE TITLE [ENCODING] [COUNT|ID TEXT..]\n", stderr);
        return 2;
    }
    return 0;
}
