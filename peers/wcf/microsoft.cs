// Behaviours of a server.
using System;
using System.Collections.ObjectModel;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.ServiceModel.Dispatcher;
using System.Xml;

/// Makes Mono answer a FaultException as Microsoft's dispatcher does.
///
/// Mono turns a thrown FaultException into InternalServiceFault, and says of no fault which request it
/// answers. What it does with an action that nobody knows is for the contract: see Unknown in peer.cs.
class LikeMicrosoft : IErrorHandler, IServiceBehavior, IDispatchMessageInspector
{
    const string FaultAction = "http://www.w3.org/2005/08/addressing/soap/fault";

    public object AfterReceiveRequest(ref Message message, IClientChannel channel, InstanceContext context)
    {
        return message.Headers.MessageId;
    }

    public void BeforeSendReply(ref Message reply, object request)
    {
        // To set it twice would write it twice.
        if (reply != null && reply.IsFault && reply.Headers.RelatesTo == null) reply.Headers.RelatesTo = (UniqueId)request;
    }

    public bool HandleError(Exception error) { return false; }

    public void ProvideFault(Exception error, MessageVersion version, ref Message message)
    {
        var fault = error as FaultException;
        if (fault == null || fault.GetType() != typeof(FaultException) || message != null) return;
        // Mono leaves both empty.
        var code = string.IsNullOrEmpty(fault.Code.Name) ? new FaultCode("Sender") : fault.Code;
        var action = string.IsNullOrEmpty(fault.Action) ? FaultAction : fault.Action;
        message = Message.CreateMessage(version, MessageFault.CreateFault(code, fault.Reason), action);
    }

    public void AddBindingParameters(ServiceDescription description, ServiceHostBase host,
        Collection<ServiceEndpoint> endpoints, BindingParameterCollection parameters) { }

    public void Validate(ServiceDescription description, ServiceHostBase host) { }

    public void ApplyDispatchBehavior(ServiceDescription description, ServiceHostBase host)
    {
        foreach (ChannelDispatcher channel in host.ChannelDispatchers)
        {
            channel.ErrorHandlers.Add(this);
            foreach (var endpoint in channel.Endpoints) endpoint.DispatchRuntime.MessageInspectors.Add(this);
        }
    }
}

/// Prints each call with its arguments before it runs.
class SayWhatArrives : IOperationBehavior, IOperationInvoker
{
    readonly string operation;
    IOperationInvoker inner;

    public SayWhatArrives(string operation) { this.operation = operation; }

    public object Invoke(object instance, object[] inputs, out object[] outputs)
    {
        // A raw message can be read only once.
        if (inputs.Length != 1 || !(inputs[0] is Message)) Program.Got(operation, inputs);
        return inner.Invoke(instance, inputs, out outputs);
    }

    public bool IsSynchronous { get { return true; } }

    public object[] AllocateInputs() { return inner.AllocateInputs(); }

    public IAsyncResult InvokeBegin(object instance, object[] inputs, AsyncCallback callback, object state)
    {
        throw new NotSupportedException();
    }

    public object InvokeEnd(object instance, out object[] outputs, IAsyncResult result)
    {
        throw new NotSupportedException();
    }

    public void ApplyDispatchBehavior(OperationDescription description, DispatchOperation dispatch)
    {
        inner = dispatch.Invoker;
        dispatch.Invoker = this;
    }

    public void AddBindingParameters(OperationDescription description, BindingParameterCollection parameters) { }

    public void ApplyClientBehavior(OperationDescription description, ClientOperation client) { }

    public void Validate(OperationDescription description) { }
}
