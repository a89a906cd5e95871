// COM as a C programmer writes it: a local server with IDispatch, and its clients with late and with early
// binding.
//
//   com server PROGID COUNT     registers a class for the machine and offers Send and Call; ends after
//                               COUNT calls, once its clients are gone, and takes its class out again
//   com send PROGID TEXT..      late binding: asks for the number of Send, and calls it with each TEXT
//   com call PROGID TEXT..      the same with Call; prints the answers
//   com bytes PROGID HEX..      the same with bytes, and prints those of the answers as hex digits
//   com again PROGID TEXT       calls until it is killed
//   com early-send PROGID TEXT..  early binding: what the type library says of Send, and no IDispatch
//   com early-call PROGID TEXT..
//   com listen PROGID COUNT     prints "ready" once it is connected to the events, then COUNT of them
//   com identities PROGID       prints what the class is registered as: its CLSID, LIBID, IIDs and files
//
// A server prints "ready", then "got: TEXT" for each call; it answers Call with "echo:" and the text. All
// text is UTF-8. An error goes to stderr with its number, and the words of the object if it has any, and
// ends with 1. Everyone gives up after twenty seconds.
#define COBJMACROS
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <ocidl.h>
#include <oleauto.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { GIVE_UP_MILLISECONDS = 20000, LONGEST = 64 * 1024, SEND = 1, CALL = 2 };

static const wchar_t CLASSES[] = L"Software\\Classes";

static void fail(const char *what, HRESULT why)
{
    fprintf(stderr, "error: %s: 0x%08lx\n", what, (unsigned long)why);
    exit(1);
}

static void check(HRESULT result, const char *what)
{
    if (FAILED(result)) fail(what, result);
}

static const char *utf8(const wchar_t *text)
{
    static char bytes[LONGEST];
    if (!WideCharToMultiByte(CP_UTF8, 0, text ? text : L"", -1, bytes, sizeof bytes, NULL, NULL))
        fail("WideCharToMultiByte", HRESULT_FROM_WIN32(GetLastError()));
    return bytes;
}

static void show(const char *before, VARIANT *value)
{
    VARIANT text;
    VariantInit(&text);
    check(VariantChangeType(&text, value, 0, VT_BSTR), "VariantChangeType");
    printf("%s%s\n", before, utf8(V_BSTR(&text)));
    VariantClear(&text);
}

static CLSID class_of(const wchar_t *progid)
{
    CLSID class;
    check(CLSIDFromProgID(progid, &class), "CLSIDFromProgID");
    return class;
}

static void *create(const wchar_t *progid, REFIID id)
{
    void *made;
    CLSID class = class_of(progid);
    check(CoCreateInstance(&class, NULL, CLSCTX_LOCAL_SERVER, id, &made), "CoCreateInstance");
    return made;
}

// The object that a late-bound program works with.
static IDispatch *object(const wchar_t *progid)
{
    return create(progid, &IID_IDispatch);
}

static void invoke(IDispatch *object, const wchar_t *name, VARIANT *argument, VARIANT *answer)
{
    LPOLESTR names = (LPOLESTR)name;
    DISPID number;
    DISPPARAMS arguments = {argument, NULL, 1, 0};
    EXCEPINFO fault = {0};
    check(IDispatch_GetIDsOfNames(object, &IID_NULL, &names, 1, LOCALE_USER_DEFAULT, &number), "GetIDsOfNames");
    HRESULT result = IDispatch_Invoke(object, number, &IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD, &arguments,
                                      answer, &fault, NULL);
    if (result == DISP_E_EXCEPTION) {
        fprintf(stderr, "error: %s\n", utf8(fault.bstrDescription));
        exit(1);
    }
    check(result, "Invoke");
}

static VARIANT text_of(const wchar_t *text)
{
    VARIANT value;
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = SysAllocString(text);
    return value;
}

static void late(const wchar_t *progid, const wchar_t *method, BOOL for_ever, int count, wchar_t **texts)
{
    IDispatch *server = object(progid);
    for (int i = 0; i < count; i += !for_ever) {
        VARIANT argument = text_of(texts[i]), answer;
        VariantInit(&answer);
        invoke(server, method, &argument, &answer);
        if (!wcscmp(method, L"Call")) show("", &answer);
        VariantClear(&argument);
        VariantClear(&answer);
    }
    IDispatch_Release(server);
}

static VARIANT bytes_of(const char *hex)
{
    VARIANT value;
    unsigned char *room;
    ULONG count = strlen(hex) / 2;
    V_VT(&value) = VT_ARRAY | VT_UI1;
    V_ARRAY(&value) = SafeArrayCreateVector(VT_UI1, 0, count);
    check(SafeArrayAccessData(V_ARRAY(&value), (void **)&room), "SafeArrayAccessData");
    for (ULONG i = 0; i < count; i++) sscanf(hex + 2 * i, "%2hhx", &room[i]);
    SafeArrayUnaccessData(V_ARRAY(&value));
    return value;
}

static void show_bytes(VARIANT *value)
{
    LONG first, last;
    unsigned char *bytes;
    if (V_VT(value) != (VT_ARRAY | VT_UI1)) fail("the answer is no array of bytes", E_INVALIDARG);
    check(SafeArrayGetLBound(V_ARRAY(value), 1, &first), "SafeArrayGetLBound");
    check(SafeArrayGetUBound(V_ARRAY(value), 1, &last), "SafeArrayGetUBound");
    check(SafeArrayAccessData(V_ARRAY(value), (void **)&bytes), "SafeArrayAccessData");
    for (LONG i = 0; i <= last - first; i++) printf("%02x", bytes[i]);
    puts("");
    SafeArrayUnaccessData(V_ARRAY(value));
}

static void late_bytes(const wchar_t *progid, int count, wchar_t **texts)
{
    IDispatch *server = object(progid);
    for (int i = 0; i < count; i++) {
        VARIANT argument = bytes_of(utf8(texts[i])), answer;
        VariantInit(&answer);
        invoke(server, L"Call", &argument, &answer);
        show_bytes(&answer);
        VariantClear(&argument);
        VariantClear(&answer);
    }
    IDispatch_Release(server);
}

// The type library as it is registered for the class, which is where a development environment looks.
static ITypeLib *library_of(CLSID class, GUID *id)
{
    wchar_t text[40], key[200], value[40];
    DWORD size = sizeof value;
    ITypeLib *library;
    StringFromGUID2(&class, text, 40);
    swprintf(key, 200, L"CLSID\\%ls\\TypeLib", text);
    LSTATUS status = RegGetValueW(HKEY_CLASSES_ROOT, key, NULL, RRF_RT_REG_SZ, NULL, value, &size);
    if (status) fail("the class names no type library", HRESULT_FROM_WIN32(status));
    check(CLSIDFromString(value, id), "CLSIDFromString");
    check(LoadRegTypeLib(id, 1, 0, LOCALE_NEUTRAL, &library), "LoadRegTypeLib");
    return library;
}

// The class's own interface, or the one through which it tells its events.
static ITypeInfo *interface_of(ITypeInfo *class, BOOL of_events)
{
    TYPEATTR *attributes;
    check(ITypeInfo_GetTypeAttr(class, &attributes), "GetTypeAttr");
    for (UINT i = 0; i < attributes->cImplTypes; i++) {
        INT flags;
        HREFTYPE reference;
        ITypeInfo *found;
        check(ITypeInfo_GetImplTypeFlags(class, i, &flags), "GetImplTypeFlags");
        if (!(flags & IMPLTYPEFLAG_FDEFAULT) || !(flags & IMPLTYPEFLAG_FSOURCE) != !of_events) continue;
        check(ITypeInfo_GetRefTypeOfImplType(class, i, &reference), "GetRefTypeOfImplType");
        check(ITypeInfo_GetRefTypeInfo(class, reference, &found), "GetRefTypeInfo");
        // Of a dual interface the half with a table of functions.
        if (!of_events && ITypeInfo_GetRefTypeOfImplType(found, -1, &reference) == S_OK)
            check(ITypeInfo_GetRefTypeInfo(found, reference, &found), "GetRefTypeInfo");
        return found;
    }
    fail("the class has no such interface", E_NOINTERFACE);
    return NULL;
}

static ITypeInfo *typed_interface(const wchar_t *progid, BOOL of_events)
{
    GUID id;
    ITypeInfo *class;
    CLSID clsid = class_of(progid);
    check(ITypeLib_GetTypeInfoOfGuid(library_of(clsid, &id), &clsid, &class), "GetTypeInfoOfGuid");
    return interface_of(class, of_events);
}

static GUID id_of(ITypeInfo *type)
{
    TYPEATTR *attributes;
    check(ITypeInfo_GetTypeAttr(type, &attributes), "GetTypeAttr");
    return attributes->guid;
}

static FUNCDESC *function_of(ITypeInfo *type, const wchar_t *name)
{
    LPOLESTR names = (LPOLESTR)name;
    MEMBERID number;
    FUNCDESC *function;
    check(ITypeInfo_GetIDsOfNames(type, &names, 1, &number), "GetIDsOfNames");
    for (UINT i = 0; SUCCEEDED(ITypeInfo_GetFuncDesc(type, i, &function)); i++)
        if (function->memid == number && function->funckind == FUNC_PUREVIRTUAL) return function;
    fail("no such function", DISP_E_MEMBERNOTFOUND);
    return NULL;
}

typedef HRESULT(STDMETHODCALLTYPE *SendFunction)(void *, VARIANT);
typedef HRESULT(STDMETHODCALLTYPE *CallFunction)(void *, VARIANT, VARIANT *);

// Calls through the table of functions, at the place that the type library gives.
static void early(const wchar_t *progid, const wchar_t *method, int count, wchar_t **texts)
{
    ITypeInfo *type = typed_interface(progid, FALSE);
    GUID id = id_of(type);
    FUNCDESC *function = function_of(type, method);
    if (function->lprgelemdescParam[0].tdesc.vt != VT_VARIANT) fail("the argument is no VARIANT", E_INVALIDARG);
    IUnknown *server = create(progid, &id);
    void *entry = *(void **)(*(char **)server + function->oVft);
    for (int i = 0; i < count; i++) {
        VARIANT argument = text_of(texts[i]), answer;
        VariantInit(&answer);
        if (!wcscmp(method, L"Call")) {
            check(((CallFunction)entry)(server, argument, &answer), "Call");
            show("", &answer);
        } else {
            check(((SendFunction)entry)(server, argument), "Send");
        }
        VariantClear(&argument);
        VariantClear(&answer);
    }
    IUnknown_Release(server);
}

// How many more calls or events are to come, and who else holds the object.
static LONG left, holders;

static HRESULT STDMETHODCALLTYPE query(IDispatch *this, REFIID id, void **out)
{
    *out = NULL;
    if (!IsEqualIID(id, &IID_IUnknown) && !IsEqualIID(id, &IID_IDispatch)) return E_NOINTERFACE;
    IDispatch_AddRef(this);
    *out = this;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add_holder(IDispatch *this)
{
    (void)this;
    return InterlockedIncrement(&holders) + 1;
}

static ULONG STDMETHODCALLTYPE remove_holder(IDispatch *this)
{
    (void)this;
    return InterlockedDecrement(&holders) + 1;
}

static HRESULT STDMETHODCALLTYPE no_types(IDispatch *this, UINT *count)
{
    (void)this;
    *count = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE no_type(IDispatch *this, UINT index, LCID locale, ITypeInfo **out)
{
    (void)this, (void)index, (void)locale;
    *out = NULL;
    return DISP_E_BADINDEX;
}

static HRESULT STDMETHODCALLTYPE numbers(IDispatch *this, REFIID reserved, LPOLESTR *names, UINT count, LCID locale,
                                         DISPID *ids)
{
    (void)this, (void)reserved, (void)locale;
    if (count != 1) return DISP_E_UNKNOWNNAME;
    *ids = !_wcsicmp(names[0], L"Send") ? SEND : !_wcsicmp(names[0], L"Call") ? CALL : DISPID_UNKNOWN;
    return *ids == DISPID_UNKNOWN ? DISP_E_UNKNOWNNAME : S_OK;
}

static HRESULT STDMETHODCALLTYPE serve(IDispatch *this, DISPID id, REFIID reserved, LCID locale, WORD flags,
                                       DISPPARAMS *arguments, VARIANT *answer, EXCEPINFO *fault, UINT *wrong)
{
    (void)this, (void)reserved, (void)locale, (void)flags, (void)fault, (void)wrong;
    VARIANT text;
    wchar_t echo[LONGEST];
    if (id != SEND && id != CALL) return DISP_E_MEMBERNOTFOUND;
    if (arguments->cArgs != 1) return DISP_E_BADPARAMCOUNT;
    VariantInit(&text);
    HRESULT result = VariantChangeType(&text, &arguments->rgvarg[0], 0, VT_BSTR);
    if (FAILED(result)) return result;
    printf("got: %s\n", utf8(V_BSTR(&text)));
    if (id == CALL && answer) {
        swprintf(echo, LONGEST, L"echo:%ls", V_BSTR(&text));
        *answer = text_of(echo);
    }
    VariantClear(&text);
    left--;
    return S_OK;
}

static const IDispatchVtbl OBJECT_FUNCTIONS = {query, add_holder, remove_holder, no_types, no_type, numbers, serve};
static IDispatch the_object = {(IDispatchVtbl *)&OBJECT_FUNCTIONS};

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *this, REFIID id, void **out)
{
    BOOL known = IsEqualIID(id, &IID_IUnknown) || IsEqualIID(id, &IID_IClassFactory);
    *out = known ? this : NULL;
    return known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE stays(IClassFactory *this)
{
    (void)this;
    return 2;
}

static HRESULT STDMETHODCALLTYPE give(IClassFactory *this, IUnknown *outer, REFIID id, void **out)
{
    (void)this;
    return outer ? CLASS_E_NOAGGREGATION : query(&the_object, id, out);
}

static HRESULT STDMETHODCALLTYPE lock(IClassFactory *this, BOOL locked)
{
    (void)this, (void)locked;
    return S_OK;
}

static const IClassFactoryVtbl FACTORY_FUNCTIONS = {factory_query, stays, stays, give, lock};
static IClassFactory factory = {(IClassFactoryVtbl *)&FACTORY_FUNCTIONS};

// What is left of a server that was killed goes with the system that runs now.
static void set(const wchar_t *key, const wchar_t *value)
{
    wchar_t path[300];
    HKEY made;
    swprintf(path, 300, L"%ls\\%ls", CLASSES, key);
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_VOLATILE, KEY_WRITE, NULL, &made, NULL);
    if (!status) status = RegSetValueExW(made, NULL, 0, REG_SZ, (void *)value, (wcslen(value) + 1) * sizeof *value);
    if (status) fail("RegSetValueEx", HRESULT_FROM_WIN32(status));
    RegCloseKey(made);
}

static void forget(const wchar_t *key)
{
    wchar_t path[300];
    swprintf(path, 300, L"%ls\\%ls", CLASSES, key);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
}

// Handles calls until all have come, and until nobody holds the object any more if that is to be waited for;
// FALSE when it gives up.
static BOOL pump(BOOL until_released)
{
    MSG message;
    UINT_PTR timer = SetTimer(NULL, 0, GIVE_UP_MILLISECONDS, NULL);
    while ((left > 0 || (until_released && holders > 0)) && GetMessageW(&message, NULL, 0, 0) > 0) {
        if (message.message == WM_TIMER && message.wParam == timer) return FALSE;
        DispatchMessageW(&message);
    }
    return TRUE;
}

static void server(const wchar_t *progid, int count)
{
    CLSID class;
    DWORD cookie;
    wchar_t id[40], keys[3][100];
    check(CoCreateGuid(&class), "CoCreateGuid");
    StringFromGUID2(&class, id, 40);
    swprintf(keys[0], 100, L"CLSID\\%ls", id);
    swprintf(keys[1], 100, L"%ls\\ProgID", keys[0]);
    swprintf(keys[2], 100, L"%ls\\CLSID", progid);
    set(keys[0], L"A peer of samebox");
    set(keys[1], progid);
    set(progid, L"A peer of samebox");
    set(keys[2], id);
    check(CoRegisterClassObject(&class, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER, REGCLS_MULTIPLEUSE, &cookie),
          "CoRegisterClassObject");
    puts("ready");
    left = count;
    BOOL all_came = pump(TRUE);
    CoRevokeClassObject(cookie);
    forget(keys[0]);
    forget(progid);
    if (!all_came) fail(left > 0 ? "nothing came" : "a client holds the object", RPC_E_TIMEOUT);
}

static HRESULT STDMETHODCALLTYPE heard(IDispatch *this, DISPID id, REFIID reserved, LCID locale, WORD flags,
                                       DISPPARAMS *arguments, VARIANT *answer, EXCEPINFO *fault, UINT *wrong)
{
    (void)this, (void)id, (void)reserved, (void)locale, (void)flags, (void)answer, (void)fault, (void)wrong;
    if (arguments->cArgs != 1) return DISP_E_BADPARAMCOUNT;
    show("got: ", &arguments->rgvarg[0]);
    left--;
    return S_OK;
}

static GUID events;

// The same as any object, but that it is the interface of the events too.
static HRESULT STDMETHODCALLTYPE sink_query(IDispatch *this, REFIID id, void **out)
{
    return query(this, IsEqualIID(id, &events) ? &IID_IDispatch : id, out);
}

static const IDispatchVtbl SINK_FUNCTIONS = {sink_query, add_holder, remove_holder, no_types, no_type, numbers, heard};
static IDispatch sink = {(IDispatchVtbl *)&SINK_FUNCTIONS};

static void hear(const wchar_t *progid, int count)
{
    IConnectionPointContainer *container = create(progid, &IID_IConnectionPointContainer);
    IConnectionPoint *point;
    DWORD cookie;
    events = id_of(typed_interface(progid, TRUE));
    check(IConnectionPointContainer_FindConnectionPoint(container, &events, &point), "FindConnectionPoint");
    check(IConnectionPoint_Advise(point, (IUnknown *)&sink, &cookie), "Advise");
    puts("ready");
    left = count;
    if (!pump(FALSE)) fail("nothing came", RPC_E_TIMEOUT);
    check(IConnectionPoint_Unadvise(point, cookie), "Unadvise");
    IConnectionPoint_Release(point);
    IConnectionPointContainer_Release(container);
}

static void print_id(GUID id)
{
    wchar_t text[40];
    StringFromGUID2(&id, text, 40);
    puts(utf8(text));
}

static void identities(const wchar_t *progid)
{
    GUID library;
    BSTR file;
    CLSID class = class_of(progid);
    library_of(class, &library);
    print_id(class);
    print_id(library);
    print_id(id_of(typed_interface(progid, FALSE)));
    print_id(id_of(typed_interface(progid, TRUE)));
    check(QueryPathOfRegTypeLib(&library, 1, 0, LOCALE_NEUTRAL, &file), "QueryPathOfRegTypeLib");
    puts(utf8(file));
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *mode = argc > 2 ? argv[1] : L"";
    const wchar_t *progid = argc > 2 ? argv[2] : L"";
    int count = argc > 3 ? _wtoi(argv[3]) : 0;
    // Whoever started this reads a pipe, and wants each line at once and without a carriage return.
    setvbuf(stdout, NULL, _IONBF, 0);
    _setmode(_fileno(stdout), _O_BINARY);
    check(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), "CoInitializeEx");

    if (!wcscmp(mode, L"server")) server(progid, count);
    else if (!wcscmp(mode, L"send")) late(progid, L"Send", FALSE, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"call")) late(progid, L"Call", FALSE, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"bytes")) late_bytes(progid, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"again")) late(progid, L"Call", TRUE, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"early-send")) early(progid, L"Send", argc - 3, argv + 3);
    else if (!wcscmp(mode, L"early-call")) early(progid, L"Call", argc - 3, argv + 3);
    else if (!wcscmp(mode, L"listen")) hear(progid, count);
    else if (!wcscmp(mode, L"identities")) identities(progid);
    else {
        fputs("usage: com MODE PROGID [COUNT|TEXT..]\n", stderr);
        return 2;
    }
    CoUninitialize();
    return 0;
}
